"""random_vertical_flip: top and bottom change places."""

from __future__ import annotations

from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Share
from graphnet.ops.families.flipping import Flip


@AUGMENTATIONS.register("random_vertical_flip", primary="p")
class RandomVerticalFlip(Flip):
    """Images, and targets with rows and columns, are mirrored along their height with probability p.

    Example:
        `augment: [random_vertical_flip: 0.2]`

    Attributes:
        p: probability.
    """

    axis = 2

    p: Share = 0.5
