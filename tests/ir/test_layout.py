"""Where elements lie, under other shapes too."""

from __future__ import annotations

from graphnet.core.types import BATCH
from graphnet.ir.layout import blocked, merged, plain


def test_merged_axes_share_the_memory() -> None:
    shape, flat = (BATCH, 32, 3, 5), (BATCH, 480)
    layout = merged(blocked(shape, 1, 16), shape, flat)
    assert layout is not None
    assert [(d.step, d.extent, d.stride) for d in layout.along(1)] == [
        (16 * 15, 2, 240), (15, 16, 1), (5, 3, 80), (1, 5, 16),
    ]  # fmt: skip


def test_every_axis_keeps_a_dimension() -> None:
    """A kernel has no other loop over an axis of one element."""
    shape = (BATCH, 2, 1, 1, 1, 1)
    for layout in (plain(shape), blocked(shape, 1, 16)):
        flat = merged(layout, shape, (BATCH, 2, 1, 1))
        assert flat is not None
        assert all(flat.along(axis) for axis in range(4))


def test_padding_keeps_axes_apart() -> None:
    shape = (BATCH, 3, 19, 5)
    assert merged(blocked(shape, 2, 16), shape, (BATCH, 57, 5)) is None
    assert merged(blocked(shape, 2, 16), shape, (BATCH, 3, 95)) is not None
