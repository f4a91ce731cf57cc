"""Image files, decoded when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.ir.data import Array, LateArray, Slot, misfit

try:  # an extra: most networks are trained without image files
    from PIL import Image, ImageOps
except ImportError:
    Image = ImageOps = None  # type: ignore[assignment]

ENDINGS: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_MODES: Final = {1: "L", 3: "RGB"}
_KEPT: Final = 2**30
"""Bytes up to which decoded images are kept in memory."""


class Pictures(LateArray):
    """Image files in the size and the colours that a network takes, with values from 0 to 1.

    An image is scaled, with its proportions, until it covers the size, and what sticks out is cut off on both sides.
    Transparency is dropped, and a camera's orientation respected. Decoded images are kept as bytes if all of them
    take less than 1 GiB.

    Args:
        paths: of the files.
        slot: what the network takes: (1 or 3 channels, height, width).

    Raises:
        SpecError: the network takes something else.
        RunError: Pillow is not installed.
    """

    def __init__(self, paths: Sequence[Path], slot: Slot) -> None:
        shape = slot.type.sample_shape
        if slot.type.dtype != "float" or len(shape) != 3 or shape[0] not in _MODES:
            raise misfit(
                f"image files cannot feed input '{slot.name}'", expected="(1 or 3, height, width) in floats",
                found=str(slot.type), hint=f"inputs: {{{slot.name}: [3, 224, 224]}}",
            )  # fmt: skip
        if Image is None:
            raise RunError('reading image files takes Pillow: pip install "graphnet[images]"')
        super().__init__((len(paths), *shape), np.float32)
        self._paths = paths
        self._known = np.zeros(len(paths), bool)
        size = len(paths) * int(np.prod(shape))
        self._decoded = np.empty((len(paths) if size <= _KEPT else 0, *shape), np.uint8)

    def __getitem__(self, rows: Array) -> Array:
        if len(self._decoded) < len(self):
            pixels = np.stack([self._decode(self._paths[row]) for row in rows])
        else:
            for row in rows[~self._known[rows]]:
                self._decoded[row] = self._decode(self._paths[row])
                self._known[row] = True
            pixels = self._decoded[rows]
        return pixels / np.float32(255)

    def _decode(self, path: Path) -> Array:
        """An image as (channels, height, width), uint8."""
        channels, height, width = self.shape[1:]
        try:
            with Image.open(path) as file:
                upright: Any = ImageOps.exif_transpose(file)
                covering = ImageOps.fit(upright.convert(_MODES[channels]), (width, height), Image.Resampling.BILINEAR)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise RunError(f"cannot read the image {path}: {error}") from None
        return np.moveaxis(np.asarray(covering, np.uint8).reshape(height, width, channels), -1, 0)


def image_files(folder: Path) -> list[Path]:
    """The image files in a folder and the folders below, in order; hidden ones are left out."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
