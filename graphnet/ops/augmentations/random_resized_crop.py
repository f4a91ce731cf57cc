"""random_resized_crop: a part of the image is cut out and enlarged to the whole."""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number, PositiveNumber
from graphnet.ops.families.geometry import Geometric
from graphnet.ops.families.image_sampling import stretch

_ATTEMPTS: Final = 10

Part = Annotated[Number, Field(gt=0, le=1)]


@AUGMENTATIONS.register("random_resized_crop", primary="scale")
class RandomResizedCrop(Geometric):
    """A rectangle of a random area and aspect ratio is cut out at a random place and enlarged to the image's size.

    The area is uniform between two parts of the image's, the logarithm of width / height uniform, too. A rectangle
    that does not fit is drawn again; after 10 attempts the largest one of an allowed ratio is taken from the centre.
    Images are interpolated linearly.

    Example:
        `augment: [random_resized_crop: [0.5, 1], random_horizontal_flip]`

    Source: Szegedy et al., "Going deeper with convolutions", 2015, section 6.

    Attributes:
        scale: the smallest and the largest area, as parts of the image's.
        ratio: the smallest and the largest width / height.
    """

    scale: tuple[Part, Part] = (0.08, 1.0)
    ratio: tuple[PositiveNumber, PositiveNumber] = (0.75, 4 / 3)

    def __post_init__(self) -> None:
        for name, (least, most) in (("scale", self.scale), ("ratio", self.ratio)):
            if least > most:
                raise AttributeProblem(
                    f"`{name}` ends before it begins", expected="the smaller number first", found=f"[{least}, {most}]",
                    attribute=name, code="value",
                )  # fmt: skip

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        first, size = self._rectangles(chance, *pixels.shape[2:])
        return stretch(pixels, first, size, smooth=smooth)

    def _rectangles(self, chance: Chance, height: int, width: int) -> tuple[Array, Array]:
        """First rows and columns, and heights and widths, each (N, 2)."""
        area = chance.uniform("area", self.scale[0], self.scale[1], (_ATTEMPTS,)) * height * width
        ratio = np.exp(chance.uniform("ratio", math.log(self.ratio[0]), math.log(self.ratio[1]), (_ATTEMPTS,)))
        sizes = np.rint(np.sqrt(np.stack([area / ratio, area * ratio], axis=2))).astype(np.int64)
        fits = ((sizes >= 1) & (sizes <= (height, width))).all(axis=2)
        chosen = sizes[np.arange(len(chance)), fits.argmax(axis=1)]
        size = np.where(fits.any(axis=1)[:, None], chosen, self._largest(height, width))
        spare = np.array([height, width]) - size
        first = np.floor(chance.uniform("place", shape=(2,)) * (spare + 1)).astype(np.int64)
        return np.where(fits.any(axis=1)[:, None], first, spare // 2), size

    def _largest(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the largest rectangle of an allowed ratio."""
        ratio = float(np.clip(width / height, *self.ratio))
        return min(height, max(1, round(width / ratio))), min(width, max(1, round(height * ratio)))
