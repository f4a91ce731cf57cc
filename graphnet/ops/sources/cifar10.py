"""cifar10: 60,000 small photographs of 10 classes."""

from __future__ import annotations

from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.cifar_images import CifarImages

_FOLDER = "cifar-10-batches-bin"
_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST = ("test_batch.bin",)


@SOURCES.register("cifar10", primary="path")
class Cifar10(CifarImages):
    """50,000 colour images of 32 x 32 pixels from 0 to 1 to learn from, and 10,000 for tests.

    The classes are airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck. Inputs may be larger: images
    are enlarged by a whole factor and centred, or flattened. The files are those of the binary version,
    `data_batch_1.bin` and so on.

    Example:
        `train: {data: cifar10, augment: [random_crop: 4, random_horizontal_flip]}`, after `graphnet data cifar10`

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """

    subfolder = _FOLDER
    train_names = _TRAIN
    test_names = _TEST
    labels_per_image = 1
    files = (
        RemoteFile(
            "cifar-10-binary.tar.gz", 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ("https://www.cs.toronto.edu/~kriz",), tuple(f"{_FOLDER}/{name}" for name in _TRAIN + _TEST),
        ),
    )  # fmt: skip
