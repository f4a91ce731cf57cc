"""gaussian_blur: images lose their details."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance, images_of
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import PositiveNumber, Share
from graphnet.ops.families.colour import Recolouring
from graphnet.ops.families.image_sampling import bell, smoothed


@AUGMENTATIONS.register("gaussian_blur", primary="kernel_size")
class GaussianBlur(Recolouring):
    """Images are convolved with a Gaussian of a random width; borders are mirrored.

    Example:
        `augment: [gaussian_blur: {kernel_size: 9, p: 0.5}]`

    Attributes:
        kernel_size: rows and columns of the kernel, an odd number.
        sigma: the least and the greatest standard deviation, in pixels.
        p: probability that anything changes.
    """

    kernel_size: Annotated[int, Field(strict=True, ge=3, le=999)]
    sigma: tuple[PositiveNumber, PositiveNumber] = (0.1, 2.0)
    p: Share = 1.0

    def __post_init__(self) -> None:
        if self.kernel_size % 2 == 0:
            raise AttributeProblem(
                "a kernel has a centre", expected="an odd number", found=f"kernel_size: {self.kernel_size}",
                attribute="kernel_size", code="value",
            )  # fmt: skip
        if self.sigma[0] > self.sigma[1]:
            raise AttributeProblem(
                "`sigma` ends before it begins", expected="the smaller number first", found=str(list(self.sigma)),
                attribute="sigma", code="value",
            )  # fmt: skip

    def check(self, demand: Demand) -> None:
        super().check(demand)
        least = min(min(slot.type.sample_shape[1:]) for slot in images_of(demand))
        if self.kernel_size // 2 >= least:
            raise AttributeProblem(
                "gaussian_blur has a larger kernel than the image", expected=f"kernel_size below {2 * least}",
                found=f"kernel_size: {self.kernel_size}", attribute="kernel_size", code="augment",
            )  # fmt: skip

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        weights = bell(chance.uniform("sigma", *self.sigma), self.kernel_size).astype(pixels.dtype)
        blurred = chance.happens("happens", self.p).reshape(-1, 1, 1, 1)
        return np.where(blurred, smoothed(pixels, weights), pixels)
