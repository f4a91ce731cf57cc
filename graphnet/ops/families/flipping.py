"""Augmentations that mirror images."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array
from graphnet.ops.families.geometry import Geometric


class Flip(Geometric):
    """Mirrors some of the samples.

    Class attributes:
        axis: of (N, C, H, W).
    """

    uncovers = False
    axis: ClassVar[int]

    p: float

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        flipped = chance.happens("flip", self.p).reshape(-1, 1, 1, 1)
        return np.where(flipped, np.flip(pixels, self.axis), pixels)
