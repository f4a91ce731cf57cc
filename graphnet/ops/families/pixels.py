"""Channels that become neighbouring pixels, and back."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Value

_CHANNELS_FIRST, _PIXELS_LAST = "ncijhw", "nchiwj"


def shuffled(b: Builder, label: str, x: Value, factor: int) -> Value:
    """(N, C * factor ** 2, H, W) becomes (N, C, H * factor, W * factor): channels to pixels."""
    channels, height, width = x.type.sample_shape
    channels //= factor**2
    apart = b.reshape(x, ("N", channels, factor, factor, height, width), f"{label}_channels")
    moved = _moved(b, label, apart, _CHANNELS_FIRST, _PIXELS_LAST)
    return b.reshape(moved, ("N", channels, height * factor, width * factor), f"{label}_pixels")


def unshuffled(b: Builder, label: str, y: Value, factor: int) -> Value:
    """The inverse: (N, C, H * factor, W * factor) becomes (N, C * factor ** 2, H, W)."""
    channels, height, width = y.type.sample_shape
    height, width = height // factor, width // factor
    apart = b.reshape(y, ("N", channels, height, factor, width, factor), f"{label}_pixels")
    moved = _moved(b, label, apart, _PIXELS_LAST, _CHANNELS_FIRST)
    return b.reshape(moved, ("N", channels * factor**2, height, width), f"{label}_channels")


def _moved(b: Builder, label: str, value: Value, before: str, after: str) -> Value:
    extents = dict(zip(before, value.type.shape, strict=True))
    loops: Sequence[Loop] = [Loop(name, extents[name]) for name in after]
    return b.move(label, loops, (value, [Index.of(name) for name in before]))
