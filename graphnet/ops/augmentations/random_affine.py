"""random_affine: images are turned, moved, scaled and sheared."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number, PositiveNumber, Share
from graphnet.ops.families.affine import Interval, affine_places, matrices
from graphnet.ops.families.geometry import Geometric
from graphnet.ops.families.image_sampling import sample_at


@AUGMENTATIONS.register("random_affine", primary="degrees")
class RandomAffine(Geometric):
    """Images, and targets with rows and columns, undergo a random affine map that keeps the centre, then a shift.

    A pixel at (x, y) from the centre, y down, comes to shift + R S (x, y), with the rotation R by an angle and the
    scale and shear S = scale * [[1, tan(shear)], [0, 1]]. Images are interpolated linearly.

    Example:
        `augment: [random_affine: {degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5}]`

    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III.A (distortions).

    Attributes:
        degrees: the smallest and the largest angle, counter-clockwise; one number d means from -d to d.
        translate: the largest shift to either side, as a part of the width, and likewise of the height.
        scale: the smallest and the largest factor.
        shear: the smallest and the largest angle of the shear in degrees; one number s means from -s to s.
        fill: what images get from beyond their border.
    """

    degrees: Interval = (0.0, 0.0)
    translate: tuple[Share, Share] = (0.0, 0.0)
    scale: tuple[PositiveNumber, PositiveNumber] = (1.0, 1.0)
    shear: Interval = (0.0, 0.0)
    fill: Number = 0.0

    def __post_init__(self) -> None:
        if self.scale[0] > self.scale[1]:
            raise AttributeProblem(
                "`scale` ends before it begins", expected="the smaller number first", found=str(list(self.scale)),
                attribute="scale", code="value",
            )  # fmt: skip
        if max(map(abs, self.shear)) >= 90:
            raise AttributeProblem(
                "`shear` is too large", expected="angles between -90 and 90 degrees", found=str(list(self.shear)),
                attribute="shear", code="value",
            )  # fmt: skip

    @property
    def outside(self) -> float:
        return self.fill

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        height, width = pixels.shape[2:]
        map_ = matrices(
            chance.uniform("angle", *self.degrees), chance.uniform("scale", *self.scale),
            chance.uniform("shear", *self.shear),
        )  # fmt: skip
        shift = chance.uniform("shift", -1, 1, (2,)) * np.multiply(self.translate, (width, height))
        return sample_at(pixels, *affine_places(map_, height, width, shift), outside=outside, smooth=smooth)
