"""random_grayscale: images lose their colours."""

from __future__ import annotations

import numpy as np

from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Share
from graphnet.ops.families.colour import Recolouring, luminance, require_colours


@AUGMENTATIONS.register("random_grayscale", primary="p")
class RandomGrayscale(Recolouring):
    """With probability p, red, green and blue all become the luminance 0.299 red + 0.587 green + 0.114 blue.

    Example:
        `augment: [random_grayscale: 0.2]`

    Attributes:
        p: probability.
    """

    p: Share = 0.1

    def check(self, demand: Demand) -> None:
        require_colours(self, demand, "the colours")

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        return np.where(chance.happens("grey", self.p).reshape(-1, 1, 1, 1), luminance(pixels), pixels)
