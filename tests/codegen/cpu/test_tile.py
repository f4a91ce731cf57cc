"""The contraction tile against einsum, on strides that differ in every loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

Run = Callable[..., None]

EPILOGUE = """
def epilogue(acc, m, j, y, step, bias):
    vstore(y, m * step + j * {lanes}, acc + bias)
"""


@pytest.mark.parametrize(("rows", "vecs"), [(1, 1), (3, 2), (7, 4), (14, 2)])
def test_tile_of_three_loops(run: Run, widest: str, rows: int, vecs: int, compiled: bool) -> None:
    dtype, lanes = widest.split("x")
    width, counts = vecs * int(lanes), (2, 3, 5)
    rng = np.random.default_rng(2)
    x = rng.standard_normal((*counts, rows + 1)).astype(dtype)  # each row of scalars is one longer than used
    w = rng.standard_normal((*counts, width)).astype(dtype)
    y = np.zeros((rows, width), dtype)
    strides = [1, int(lanes)]
    for axis in range(3):
        strides += [counts[axis], x.strides[axis] // x.itemsize, w.strides[axis] // w.itemsize]
    body = f"""
x = pointer(args[1]); w = pointer(args[2]); y = pointer(args[3])
for repeat in range(2):
    acc = tile_{rows}x{vecs}_3(x, 1, w, 0, ({", ".join(map(str, strides))}))
    map_tile_{rows}x{vecs}(epilogue, acc, y, {width}, splat(0.5))
"""
    run(widest, body, [x, w, y], compiled, EPILOGUE.format(lanes=lanes))
    want = np.einsum("abcm,abcn->mn", x[..., 1:].astype(float), w.astype(float)) + 0.5
    np.testing.assert_allclose(y, want, rtol=2e-5 if dtype == "float32" else 1e-13, atol=1e-5)


def test_steps_may_be_zero_or_negative(run: Run, widest: str, compiled: bool) -> None:
    dtype, lanes = widest.split("x")
    n = int(lanes)
    x, w, y = np.arange(6, dtype=dtype), np.arange(2 * n, dtype=dtype), np.zeros(n, dtype)
    body = f"""
acc = tile_1x1_2(pointer(args[1]), 5, pointer(args[2]), {n}, (0, 0, 2, -2, -{n}, 3, 0, 0))
vstore(pointer(args[3]), 0, acc[0])
"""
    run(widest, body, [x, w, y], compiled)
    np.testing.assert_array_equal(y, 3 * (5 * w[n:] + 3 * w[:n]))


def test_an_empty_reduction_is_zero(run: Run, widest: str, compiled: bool) -> None:
    dtype, lanes = widest.split("x")
    x, y = np.ones(64, dtype), np.full(4 * int(lanes), np.nan, dtype)
    body = f"""
acc = tile_2x2_2(pointer(args[1]), 0, pointer(args[1]), 0, (1, 1, 3, 1, 1, args[3], 1, 1))
map_tile_2x2(epilogue, acc, pointer(args[2]), {2 * int(lanes)}, 0)
"""
    for count in (0, -1):
        run(widest, body, [x, y, count], compiled, EPILOGUE.format(lanes=lanes))
        assert not y.any()


def test_epilogues_call_other_functions_and_take_numbers_and_masks(run: Run, widest: str, compiled: bool) -> None:
    dtype, lanes = widest.split("x")
    x, y = np.ones(64, dtype), np.zeros((2, int(lanes)), dtype)
    functions = """
def scale(v, factor):
    return v * factor

def epilogue(acc, m, j, y, mask, factor):
    vstore(y, m * LANES, where(mask, scale(acc, factor), -1.0))
""".replace("LANES", lanes)
    body = """
acc = tile_2x1_1(pointer(args[1]), 0, pointer(args[1]), 0, (1, 1, 5, 1, 1))
map_tile_2x1(epilogue, acc, pointer(args[2]), first_lanes(1), 0.5)
"""
    run(widest, body, [x, y], compiled, functions)
    np.testing.assert_array_equal(y[:, 0], 2.5)
    assert (y[:, 1:] == -1).all()
