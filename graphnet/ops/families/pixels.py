"""Channels that become neighbouring pixels, and back."""

from __future__ import annotations

import numpy as np

from graphnet.core.types import BATCH, Extent
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Value


def shuffled(b: Builder, label: str, x: Value, factor: int) -> Value:
    """(N, C * factor ** 2, H, W) becomes (N, C, H * factor, W * factor): channels to pixels.

    The channel is looked up, so that x may keep its channels in vectors, however few there are in y.
    """
    stacked, height, width = x.type.sample_shape
    channels = stacked // factor**2
    table = b.constant(np.arange(stacked, dtype=np.int32).reshape(channels, factor, factor), "channels")
    channel = table, [Index.of(name) for name in "cij"]
    element = x, [Index.of("n"), Index.given_by(0), Index.of("h"), Index.of("w")]
    loops = _loops("nchiwj", channels, height, width, factor)
    (moved,) = b.fold(label, loops, (), [channel, element], Result(Load(1)))
    return b.reshape(moved, (BATCH, channels, height * factor, width * factor), f"{label}_pixels")


def unshuffled(b: Builder, label: str, y: Value, factor: int) -> Value:
    """The inverse: (N, C, H * factor, W * factor) becomes (N, C * factor ** 2, H, W)."""
    channels, height, width = y.type.sample_shape
    height, width = height // factor, width // factor
    apart = b.reshape(y, (BATCH, channels, height, factor, width, factor), f"{label}_pixels")
    loops = _loops("ncijhw", channels, height, width, factor)
    moved = b.move(label, loops, (apart, [Index.of(name) for name in "nchiwj"]))
    return b.reshape(moved, (BATCH, channels * factor**2, height, width), f"{label}_channels")


def _loops(names: str, channels: int, height: int, width: int, factor: int) -> list[Loop]:
    """Loops over samples, channels of y, rows and columns of x, and rows (i) and columns (j) of a block of pixels."""
    extents: dict[str, Extent] = {"n": BATCH, "c": channels, "h": height, "w": width, "i": factor, "j": factor}
    return [Loop(name, extents[name]) for name in names]
