"""random_horizontal_flip: left and right change places."""

from __future__ import annotations

from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Share
from graphnet.ops.families.flipping import Flip


@AUGMENTATIONS.register("random_horizontal_flip", primary="p")
class RandomHorizontalFlip(Flip):
    """Images, and targets with rows and columns, are mirrored along their width with probability p.

    Example:
        `augment: [random_horizontal_flip]`

    Attributes:
        p: probability.
    """

    axis = 3

    p: Share = 0.5
