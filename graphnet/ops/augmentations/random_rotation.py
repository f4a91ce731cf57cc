"""random_rotation: images are turned about their centre."""

from __future__ import annotations

from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number
from graphnet.ops.families.affine import Interval, affine_places, matrices
from graphnet.ops.families.geometry import Geometric
from graphnet.ops.families.image_sampling import sample_at


@AUGMENTATIONS.register("random_rotation", primary="degrees")
class RandomRotation(Geometric):
    """Images, and targets with rows and columns, are turned by a random angle. Images are interpolated linearly.

    Example:
        `augment: [random_rotation: 15]`

    Attributes:
        degrees: the smallest and the largest angle, counter-clockwise; one number d means from -d to d.
        fill: what images get from beyond their border.
    """

    degrees: Interval
    fill: Number = 0.0

    @property
    def outside(self) -> float:
        return self.fill

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        places = affine_places(matrices(chance.uniform("angle", *self.degrees)), *pixels.shape[2:])
        return sample_at(pixels, *places, outside=outside, smooth=smooth)
