"""elastic_transform: every pixel moves a little, and its neighbours with it."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance, images_of
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number, PositiveNumber
from graphnet.ops.families.geometry import Geometric
from graphnet.ops.families.image_sampling import bell, sample_at, smoothed


@AUGMENTATIONS.register("elastic_transform", primary="alpha")
class ElasticTransform(Geometric):
    """Images, and targets with rows and columns, are distorted as if they were printed on rubber.

    Each pixel gets a displacement, uniform between -1 and 1 along both axes; these fields are smoothed by a Gaussian
    and multiplied by alpha. Images are interpolated linearly.

    Example:
        `augment: [elastic_transform: {alpha: 34, sigma: 4}]`, for handwritten digits

    Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003.

    Attributes:
        alpha: how strong.
        sigma: standard deviation of the Gaussian in pixels: how large the parts are that move together.
        fill: what images get from beyond their border.
    """

    alpha: PositiveNumber = 50.0
    sigma: PositiveNumber = 5.0
    fill: Number = 0.0

    @property
    def outside(self) -> float:
        return self.fill

    @property
    def _reach(self) -> int:
        """Beyond three standard deviations, weights are nothing."""
        return max(1, round(3 * self.sigma))

    def check(self, demand: Demand) -> None:
        super().check(demand)
        size = images_of(demand)[0].type.sample_shape[1:]
        if self._reach >= min(size):
            raise AttributeProblem(
                "elastic_transform is too smooth for the image", expected=f"sigma below {min(size) / 3:.1f}",
                found=f"sigma: {self.sigma}", attribute="sigma", code="augment",
            )  # fmt: skip

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        height, width = pixels.shape[2:]
        noise = chance.uniform("displacement", -1, 1, (2, height, width)).astype(np.float32)
        weights = bell(np.full(len(pixels), self.sigma), 2 * self._reach + 1)
        down, right = np.moveaxis(smoothed(noise, weights) * np.float32(self.alpha), 1, 0)
        return sample_at(
            pixels, np.arange(height)[:, None] + down, np.arange(width) + right, outside=outside, smooth=smooth
        )
