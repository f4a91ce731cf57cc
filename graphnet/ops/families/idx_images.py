"""Data sets in the four files of MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.ir.data import Array
from graphnet.ops.families.downloads import ImageSet
from graphnet.ops.families.idx import read_idx

_PREFIXES: Final = {"train": "train", "test": "t10k"}


class IdxImages(ImageSet):
    """Grey images and classes in files called `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` and so on."""

    def read(self, folder: Path) -> tuple[Array, Array]:
        prefix = _PREFIXES[self.split]
        paths = [
            self.find(folder, f"{prefix}-{name}.gz", f"{prefix}-{name}")
            for name in ("images-idx3-ubyte", "labels-idx1-ubyte")
        ]
        images, labels = read_idx(paths[0], 3), read_idx(paths[1], 1)
        if len(images) != len(labels):
            raise RunError(f"{paths[0]} has {len(images)} images, but {paths[1]} has {len(labels)} labels")
        return images, labels.astype(np.int64)
