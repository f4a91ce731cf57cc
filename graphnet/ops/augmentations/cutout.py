"""cutout: squares of images are covered."""

from __future__ import annotations

import numpy as np

from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Count, Number, Share
from graphnet.ops.families.attributes import Positive
from graphnet.ops.families.colour import Recolouring


@AUGMENTATIONS.register("cutout", primary="size")
class Cutout(Recolouring):
    """A square around a random pixel of each image gets one value; parts of it may lie beyond the border.

    Targets, also masks, stay as they are.

    Example:
        `augment: [random_horizontal_flip, cutout: 16]`

    Source: DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.

    Attributes:
        size: rows and columns of the square.
        count: how many squares.
        fill: their value; after `normalize`, 0 is the mean.
        p: probability that anything changes.
    """

    size: Positive
    count: Count = 1
    fill: Number = 0.0
    p: Share = 1.0

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        rows, columns = (
            self._covered(chance.whole(name, 0, extent - 1, (self.count,)), extent)
            for name, extent in (("row", pixels.shape[2]), ("column", pixels.shape[3]))
        )
        squares = (rows[:, :, :, None] & columns[:, :, None, :]).any(axis=1)
        covered = squares & chance.happens("happens", self.p).reshape(-1, 1, 1)
        return np.where(covered[:, None], np.asarray(self.fill, pixels.dtype), pixels)

    def _covered(self, centre: Array, extent: int) -> Array:
        """Which places along an axis a square covers, (N, count, extent)."""
        first = centre[..., None] - self.size // 2
        place = np.arange(extent)
        return np.asarray((place >= first) & (place < first + self.size))
