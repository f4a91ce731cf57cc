"""Data sets in the binary files of CIFAR."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.ir.data import Array
from graphnet.ops.families.downloads import ImageSet

SHAPE: Final = (3, 32, 32)
_PIXELS: Final = 3 * 32 * 32


class CifarImages(ImageSet):
    """Colour images and classes in files of records: some bytes of labels, then the red, green and blue pixels.

    Class attributes:
        train_names, test_names: of the files.
        labels_per_image: bytes before the pixels.
    """

    train_names: ClassVar[tuple[str, ...]]
    test_names: ClassVar[tuple[str, ...]]
    labels_per_image: ClassVar[int]

    @property
    def label(self) -> int:
        """Which of the bytes is the class."""
        return 0

    def read(self, folder: Path) -> tuple[Array, Array]:
        names = self.train_names if self.split == "train" else self.test_names
        records = np.concatenate([self._records(self.find(folder, name)) for name in names])
        images = records[:, self.labels_per_image :].reshape(-1, *SHAPE)
        return images, records[:, self.label].astype(np.int64)

    def _records(self, path: Path) -> Array:
        size = self.labels_per_image + _PIXELS
        try:
            content = np.fromfile(path, np.uint8)
        except OSError as error:
            raise RunError(f"cannot read {path}: {error}") from None
        if len(content) == 0 or len(content) % size:
            raise RunError(f"{path} is not whole: {len(content)} bytes are not a number of images of {size} bytes")
        return content.reshape(-1, size)
