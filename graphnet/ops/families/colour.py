"""Augmentations that change what the pixels of images are, not where; targets stay as they are."""

from __future__ import annotations

from typing import Final

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Augmentation, Chance, Samples, images_of, require_images
from graphnet.ir.data import Array, Demand, misfit

_LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)
_ROUNDING: Final = 1e-4
"""How far beyond 0 and 1 interpolation may leave a value."""


class Recolouring(Augmentation):
    """Changes the values of pixels."""

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        """Pixels (N, C, H, W) with other values."""
        raise NotImplementedError

    def check(self, demand: Demand) -> None:
        require_images(self, demand)

    def apply(self, samples: Samples) -> Samples:
        return samples.changed(
            {slot.name: self.recolour(samples.arrays[slot.name], samples.chance) for slot in images_of(samples.demand)}
        )


def require_colours(definition: Augmentation, demand: Demand, what: str) -> None:
    """Refuse images that are not red, green and blue.

    Args:
        definition: of the augmentation.
        demand: what it makes.
        what: needs the colours.

    Raises:
        AttributeProblem: an image has another number of channels.
    """
    for slot in require_images(definition, demand):
        if slot.type.sample_shape[0] != 3:
            raise AttributeProblem(
                f"{definition.name} cannot change {what} of '{slot.name}'", expected="3 channels: red, green, blue",
                found=str(slot), code="augment",
            )  # fmt: skip


def require_shares(definition: Augmentation, pixels: Array) -> None:
    """Refuse pixels beyond 0 and 1.

    Raises:
        SpecError: there are some.
    """
    least, most = float(pixels.min()), float(pixels.max())
    if least < -_ROUNDING or most > 1 + _ROUNDING:
        raise misfit(
            f"{definition.name} takes images of values from 0 to 1", expected="0 for dark and 1 for bright",
            found=f"values from {least:.4g} to {most:.4g}",
            hint="`normalize` comes after it; values up to 255 want to be divided before",
        )  # fmt: skip


def luminance(pixels: Array) -> Array:
    """How bright pixels are, (N, 1, H, W): their only channel, or a mean that weighs red, green and blue."""
    if pixels.shape[1] == 1:
        return pixels
    red, green, blue = (pixels[:, k : k + 1] * _LUMINANCE[k].astype(pixels.dtype) for k in range(3))
    total: Array = red + green + blue
    return total


def turned_hue(pixels: Array, turn: Array) -> Array:
    """Colours moved along the circle of hues, at constant saturation and value (HSV).

    Args:
        pixels: (N, 3, H, W), from 0 to 1.
        turn: parts of the circle, (N, 1, 1).
    """
    value, least = pixels.max(axis=1), pixels.min(axis=1)
    chroma = value - least
    divisor = np.where(chroma > 0, chroma, 1)
    red, green, blue = np.moveaxis(pixels, 1, 0)
    sextant = np.select(
        [value == red, value == green], [(green - blue) / divisor, 2 + (blue - red) / divisor],
        4 + (red - green) / divisor,
    )  # fmt: skip
    sextant = sextant + 6 * turn.astype(pixels.dtype)

    def channel(offset: int) -> Array:
        place = (offset + sextant) % 6
        return np.asarray(value - chroma * np.clip(np.minimum(place, 4 - place), 0, 1))

    return np.stack([channel(5), channel(3), channel(1)], axis=1)
