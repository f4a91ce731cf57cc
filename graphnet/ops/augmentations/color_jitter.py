"""color_jitter: brightness, contrast, saturation and hue change at random."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import NonNegativeNumber, Number, Share
from graphnet.ops.families.colour import Recolouring, luminance, require_colours, require_shares, turned_hue

HalfTurn = Annotated[Number, Field(ge=0, le=0.5)]


@AUGMENTATIONS.register("color_jitter", primary="brightness")
class ColorJitter(Recolouring):
    """Images become brighter or darker, richer or poorer in contrast and colour, and shift in hue, at random.

    Factors f are uniform from max(0, 1 - s) to 1 + s, for a strength s. Brightness multiplies by f; contrast blends
    f x + (1 - f) m with the mean m of the luminance, saturation with the luminance of each pixel; hue turns the
    circle of colours by a part from -s to s. The four happen in an order that is drawn as well; values are clipped
    to 0 and 1 after each. Images must have values from 0 to 1.

    Example:
        `augment: [color_jitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}]`

    Source: Howard, "Some improvements on deep convolutional neural network based image classification", 2013.

    Attributes:
        brightness: strength.
        contrast: strength.
        saturation: strength; needs red, green and blue.
        hue: strength, at most 0.5, which is half a turn; needs red, green and blue.
        p: probability that anything changes.
    """

    brightness: NonNegativeNumber = 0.0
    contrast: NonNegativeNumber = 0.0
    saturation: NonNegativeNumber = 0.0
    hue: HalfTurn = 0.0
    p: Share = 1.0

    def __post_init__(self) -> None:
        if not (self.brightness or self.contrast or self.saturation or self.hue):
            raise AttributeProblem(
                "color_jitter changes nothing", expected="a strength for brightness, contrast, saturation or hue",
                code="value",
            )  # fmt: skip

    def check(self, demand: Demand) -> None:
        super().check(demand)
        if self.saturation or self.hue:
            require_colours(self, demand, "the saturation" if self.saturation else "the hue")

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        require_shares(self, pixels)
        changed = pixels.copy()
        order = chance.uniform("order", shape=(4,)).argsort(axis=1)
        happens = chance.happens("happens", self.p)
        for turn in range(4):
            for change, strength in enumerate((self.brightness, self.contrast, self.saturation, self.hue)):
                chosen = np.flatnonzero(happens & (order[:, turn] == change))
                if strength and len(chosen):
                    changed[chosen] = self._change(change, changed[chosen], chance.at(chosen))
        return changed

    def _change(self, change: int, pixels: Array, chance: Chance) -> Array:
        """One of the four changes."""
        match change:
            case 0:
                return _blend(pixels, np.zeros_like(pixels), chance, "brightness", self.brightness)
            case 1:
                mean = luminance(pixels).mean(axis=(1, 2, 3), keepdims=True)
                return _blend(pixels, mean, chance, "contrast", self.contrast)
            case 2:
                return _blend(pixels, luminance(pixels), chance, "saturation", self.saturation)
            case _:
                turn = chance.uniform("hue", -self.hue, self.hue, (1, 1))
                return turned_hue(np.clip(pixels, 0, 1), turn)


def _blend(pixels: Array, other: Array, chance: Chance, name: str, strength: float) -> Array:
    """f pixels + (1 - f) other, clipped, with a random f."""
    factor = chance.uniform(name, max(0.0, 1 - strength), 1 + strength, (1, 1, 1)).astype(pixels.dtype)
    return np.asarray(np.clip(factor * pixels + (1 - factor) * other, 0, 1))
