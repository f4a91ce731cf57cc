"""random_crop: images are framed, and a part of their own size is cut out."""

from __future__ import annotations

from typing import Literal

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance, images_of
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number
from graphnet.ops.families.attributes import PositivePair
from graphnet.ops.families.geometry import Geometric
from graphnet.ops.families.image_sampling import windows_at


@AUGMENTATIONS.register("random_crop", primary="padding")
class RandomCrop(Geometric):
    """Images, and targets with rows and columns, move by up to `padding` pixels up or down, and left or right.

    They get a frame of this width, and from that a part of their own size is cut out at random.

    Example:
        `augment: [random_crop: 4, random_horizontal_flip]`, which most networks for CIFAR-10 use

    Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, section 4.2.

    Attributes:
        padding: rows and columns of the frame on each side.
        fill: the frame's value in images, where it is constant.
        padding_mode: what the frame is made of: a constant, the nearest pixel (edge), or mirror images without
            (reflect) or with (symmetric) the outermost pixels.
    """

    padding: PositivePair = (4, 4)
    fill: Number = 0.0
    padding_mode: Literal["constant", "edge", "reflect", "symmetric"] = "constant"

    @property
    def outside(self) -> float:
        return self.fill

    def check(self, demand: Demand) -> None:
        super().check(demand)
        size = images_of(demand)[0].type.sample_shape[1:]
        if self.padding_mode in {"reflect", "symmetric"} and any(
            pad >= extent for pad, extent in zip(self.padding, size, strict=True)
        ):
            raise AttributeProblem(
                "random_crop cannot mirror more than the image", expected=f"padding below {size[0]} and {size[1]}",
                found=f"padding: {list(self.padding)}", attribute="padding", code="augment",
            )  # fmt: skip

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        down, right = self.padding
        borders = [(0, 0), (0, 0), (down, down), (right, right)]
        if self.padding_mode == "constant":
            framed = np.pad(pixels, borders, constant_values=outside)
        else:
            framed = np.pad(pixels, borders, mode=self.padding_mode)
        first = np.stack([chance.whole("row", 0, 2 * down), chance.whole("column", 0, 2 * right)], axis=1)
        return windows_at(framed, first, *pixels.shape[2:])
