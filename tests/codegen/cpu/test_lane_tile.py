"""Tiles of vectors against sums written out, on strides that differ in every loop."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from graphnet.codegen.cpu.lane_tile import LaneTile

Run = Callable[..., None]

EPILOGUE = """
def epilogue(acc, m, j, y, vecs):
    vstore(y, (m * vecs + j) * {lanes}, acc)
"""
COUNTS = (2, 3)
MARGIN = 17
"""Neighbours of x on each side of its first, for taps that go backwards."""
TILES = {
    "rows and columns": LaneTile(3, 2, 2),
    "taps": LaneTile(5, 1, 2, taps=3, tap_step=1),
    "taps of a strided convolution": LaneTile(4, 1, 2, taps=3, row_step=2, tap_step=1),
    "one tap of a strided convolution": LaneTile(3, 1, 2, taps=1, row_step=2),
    "taps that go backwards, and columns": LaneTile(3, 2, 2, taps=2, tap_step=-3),
    "partial sums": LaneTile(3, 1, 2, taps=7, tap_step=2, sums=4),
    "partial sums of few taps": LaneTile(2, 1, 2, taps=3, tap_step=1, sums=2),
    "every second row": LaneTile(4, 1, 2, taps=3, tap_step=-1, divisor=2, offset=1),
    "rows without taps": LaneTile(5, 1, 2, taps=2, tap_step=-1, divisor=4, offset=-1),
    "groups": LaneTile(3, 1, 2, taps=2, tap_step=1, group=2),
    "groups and many taps": LaneTile(2, 1, 2, taps=7, tap_step=1, group=2),
    "a column for each position of a group": LaneTile(3, 2, 2, taps=4, tap_step=1, group=2, spreads=True),
    "asking ahead": LaneTile(3, 1, 2, taps=4, tap_step=2, sums=2, ahead=2),
}


@pytest.mark.parametrize("what", TILES)
def test_a_tile_is_the_sum_written_out(run: Run, widest: str, what: str, compiled: bool) -> None:
    tile, (dtype, width) = TILES[what], widest.split("x")
    lanes = int(width)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((*COUNTS, 2 * MARGIN + 8, lanes)).astype(dtype)
    v = rng.standard_normal((*COUNTS, tile.taps, tile.shared, 1 if tile.spreads else tile.vecs, lanes)).astype(dtype)
    y = np.full((tile.rows, tile.vecs, lanes), np.nan, dtype)
    strides = [lanes, *(v.strides[axis] // v.itemsize for axis in (4, 2, 3)), *([0, 0, 0] if tile.ahead else [])]
    for axis, count in enumerate(COUNTS):
        strides += [count, x.strides[axis] // x.itemsize, v.strides[axis] // v.itemsize]
    body = f"""
x = pointer(args[1]); v = pointer(args[2]); y = pointer(args[3])
for repeat in range(2):
    acc = {tile.name}(x, {MARGIN * lanes}, v, 0, ({", ".join(map(str, strides))}))
    map_tile_{tile.rows}x{tile.vecs}(epilogue, acc, y, {tile.vecs})
"""
    run(widest, body, [x, v, y], compiled, EPILOGUE.format(lanes=lanes))
    np.testing.assert_allclose(y, expected(tile, x, v), rtol=2e-5 if dtype == "float32" else 1e-13, atol=1e-5)


def expected(tile: LaneTile, x: np.ndarray, v: np.ndarray) -> np.ndarray:
    total = np.zeros((tile.rows, tile.vecs, x.shape[-1]))
    for m, t, c, lane in itertools.product(*map(range, (tile.rows, tile.taps, tile.group, x.shape[-1]))):
        numerator = m * tile.row_step + t * tile.tap_step + tile.offset
        if numerator % tile.divisor:
            continue
        read = x[..., MARGIN + numerator // tile.divisor, lane // tile.group * tile.group + c].astype(float)
        if tile.spreads:
            total[m, c, lane] += (read * v[..., t, 0, 0, lane]).sum()
        else:
            total[m, :, lane] += (read[..., None] * v[..., t, c, :, lane]).sum((0, 1))
    return total


@pytest.mark.parametrize("count", [0, -1])
def test_an_empty_sum_is_zero(run: Run, widest: str, count: int, compiled: bool) -> None:
    dtype, lanes = widest.split("x")
    x, y = np.ones(9 * int(lanes), dtype), np.full((2, int(lanes)), np.nan, dtype)
    body = f"""
acc = lane_tile_2x1_1(pointer(args[1]), 0, pointer(args[1]), 0, ({lanes}, 0, 0, 0, args[3], 1, 1))
map_tile_2x1(epilogue, acc, pointer(args[2]), 1)
"""
    run(widest, body, [x, y, count], compiled, EPILOGUE.format(lanes=lanes))
    assert not y.any()


@pytest.mark.parametrize("what", TILES)
def test_a_tile_has_a_name(what: str) -> None:
    assert LaneTile.named(TILES[what].name) == TILES[what]


def test_other_names_are_of_no_tile() -> None:
    assert LaneTile.named("tile_3x1_2") is None
    assert LaneTile.named("lane_tile_3x1") is None
