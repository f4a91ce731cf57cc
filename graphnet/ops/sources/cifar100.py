"""cifar100: 60,000 small photographs of 100 classes."""

from __future__ import annotations

from typing import Literal

from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.cifar_images import CifarImages


@SOURCES.register("cifar100", primary="path")
class Cifar100(CifarImages):
    """50,000 colour images of 32 x 32 pixels from 0 to 1 to learn from, and 10,000 for tests, of 100 classes.

    Inputs may be larger: images are enlarged by a whole factor and centred, or flattened. The files are those of the
    binary version, `train.bin` and `test.bin`.

    Example:
        `train: {data: {cifar100: {labels: coarse}}}`, after `graphnet data cifar100`

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

    Attributes:
        labels: the 100 classes (fine), or the 20 kinds of things that they belong to (coarse).
    """

    subfolder = "cifar-100-binary"
    train_names = ("train.bin",)
    test_names = ("test.bin",)
    labels_per_image = 2
    files = (
        RemoteFile(
            "cifar-100-binary.tar.gz", 168513733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            ("https://www.cs.toronto.edu/~kriz",), (f"{subfolder}/train.bin", f"{subfolder}/test.bin"),
        ),
    )  # fmt: skip

    labels: Literal["fine", "coarse"] = "fine"

    @property
    def label(self) -> int:
        return 0 if self.labels == "coarse" else 1
