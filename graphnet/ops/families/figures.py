"""Drawings of filled circles, squares and triangles, for sources that make up their images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from graphnet.ir.data import Array

KINDS: Final = ("circle", "square", "triangle")
_HALF_SIDE: Final = 0.8
"""Of a square, where a circle has the radius 1 and a triangle the circumradius 1.3: about equal areas."""
_INRADIUS: Final = 0.65
_CHUNK: Final = 2**21
"""Pixels that are drawn at once."""
_LUMINANCE: Final = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Figures:
    """Figures of several images, the last ones in front.

    Attributes:
        kind: place in `KINDS`, or -1 for none; (images, figures), as all others.
        x, y: the centre, from 0 to 1 of the width and the height.
        radius: as a part of the shorter side.
        angle: in radians.
    """

    kind: Array
    x: Array
    y: Array
    radius: Array
    angle: Array

    def draw(self, height: int, width: int) -> Array:
        """The number of the figure that each pixel shows, from 1, and 0 for none; (images, height, width), int8."""
        count, figures = self.kind.shape
        shown = np.zeros((count, height, width), np.int8)
        step = max(1, _CHUNK // (height * width))
        for start in range(0, count, step):
            part = slice(start, start + step)
            for k in range(figures):
                shown[part][self._covers(part, k, height, width)] = k + 1
        return shown

    def _covers(self, part: slice, k: int, height: int, width: int) -> Array:
        """Which pixels of some images lie in their figure k."""
        shorter = min(height, width)
        kind, x, y, radius, angle = (
            values[part, k].astype(np.float32).reshape(-1, 1, 1)
            for values in (self.kind, self.x, self.y, self.radius, self.angle)
        )
        right = (np.arange(width, dtype=np.float32) + 0.5 - x * width) / (radius * shorter)
        down = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - y * height) / (radius * shorter)
        u, v = right * np.cos(angle) + down * np.sin(angle), down * np.cos(angle) - right * np.sin(angle)
        circle = u * u + v * v <= 1
        square = np.maximum(np.abs(u), np.abs(v)) <= _HALF_SIDE
        triangle = np.maximum(v, np.abs(u) * (np.sqrt(3) / 2).astype(np.float32) - v / 2) <= _INRADIUS
        covers: Array = np.select([kind == 0, kind == 1, kind == 2], [circle, square, triangle], default=False)
        return covers

    @classmethod
    def one(cls, kind: Array, x: Array, y: Array, radius: Array, angle: Array) -> Self:
        """One figure an image."""
        return cls(*(np.asarray(values)[:, None] for values in (kind, x, y, radius, angle)))


def paint(shown: Array, colours: Array, ground: Array) -> Array:
    """Images of drawn figures, float32.

    Args:
        shown: (images, height, width), as `Figures.draw` gives them.
        colours: (images, figures, channels).
        ground: the colour behind them, (images, channels).
    """
    palette = np.concatenate([ground[:, None], colours], axis=1).astype(np.float32)
    images = palette[np.arange(len(shown))[:, None, None], shown]
    return np.ascontiguousarray(np.moveaxis(images, -1, 1))


def in_channels(colours: Array, channels: int) -> Array:
    """Red, green and blue along the last axis as another number of channels; one is the luminance."""
    if channels == 1:
        return np.asarray(colours @ np.array(_LUMINANCE))[..., None]
    return np.take(colours, np.arange(channels) % 3, axis=-1)
