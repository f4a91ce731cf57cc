"""The transforms of minimal filtering, one by one against their matrices, and together against a convolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphnet.codegen.cpu.winograd_tile import POINTS, TAPS, matrices

Run = Callable[..., None]

KEEP = """
def keep(acc, m, j, y, size):
    vstore(y, (m * size + j) * {lanes}, acc)
"""
every_size = pytest.mark.parametrize("size", POINTS)


def tolerance(dtype: str) -> float:
    return 2e-5 if dtype == "float32" else 1e-12


@every_size
def test_a_line_of_outputs_is_the_sum_over_taps(size: int) -> None:
    a, g, b = matrices(size)
    rng = np.random.default_rng(1)
    taps, line = rng.standard_normal(TAPS), rng.standard_normal(size + 2)
    np.testing.assert_allclose(a @ ((g @ taps) * (b @ line)), np.correlate(line, taps), rtol=1e-12, atol=1e-12)


@every_size
@pytest.mark.parametrize("turned", [False, True])
def test_weights(run: Run, vector: str, size: int, turned: bool, compiled: bool) -> None:
    dtype, lanes = vector.split("x")
    w = np.random.default_rng(2).standard_normal((TAPS, 2, TAPS, int(lanes))).astype(dtype)
    u = np.full(((size + 2) ** 2, 3, int(lanes)), np.nan, dtype)
    row, column = (stride // w.itemsize for stride in (w.strides[0], w.strides[2]))
    start, sign = (2 * row + 2 * column, -1) if turned else (0, 1)
    text = f"winograd_weights_{size}(pointer(args[1]), {start}, {sign * row}, {sign * column}, pointer(args[2]), 0, "
    run(vector, f"{text}{3 * int(lanes)})", [w, u], compiled)
    _, g, _ = matrices(size)
    taps = w[::-1, 0, ::-1] if turned else w[:, 0]
    expected = np.einsum("ai,ijl,bj->abl", g, taps, g).reshape(u[:, 0].shape)
    np.testing.assert_allclose(u[:, 0], expected, rtol=tolerance(dtype), atol=tolerance(dtype))
    assert np.isnan(u[:, 1:]).all()


@every_size
@pytest.mark.parametrize(("row", "column"), [(0, 0), (-1, -2), (3, 4), (-7, 0), (0, 9)])
def test_tiles_of_a_map_are_zero_outside(
    run: Run, vector: str, size: int, row: int, column: int, compiled: bool
) -> None:
    dtype, lanes = vector.split("x")
    x = np.random.default_rng(3).standard_normal((5, 7, int(lanes))).astype(dtype)
    v = np.full(((size + 2) ** 2, int(lanes)), np.nan, dtype)
    body = f"""
x = pointer(args[1]); v = pointer(args[2])
at = {row} * 7 * {lanes} + {column} * {lanes}
winograd_input_{size}(x, at, 7 * {lanes}, {lanes}, {row}, 5, {column}, 7, v, 0, {lanes})
"""
    run(vector, body, [x, v], compiled)
    around = np.zeros((5 + 20, 7 + 20, int(lanes)))
    around[10:15, 10:17] = x
    square = around[10 + row :][: size + 2, 10 + column :][:, : size + 2]
    *_, b = matrices(size)
    expected = np.einsum("ai,ijl,bj->abl", b, square, b).reshape(v.shape)
    np.testing.assert_allclose(v, expected, rtol=tolerance(dtype), atol=tolerance(dtype))


@every_size
def test_tiles_of_the_outputs_gradient(run: Run, vector: str, size: int, compiled: bool) -> None:
    dtype, lanes = vector.split("x")
    y = np.random.default_rng(5).standard_normal((3, 5, int(lanes))).astype(dtype)
    z = np.full(((size + 2) ** 2, int(lanes)), np.nan, dtype)
    body = f"""
y = pointer(args[1]); z = pointer(args[2])
winograd_gradient_{size}(y, {6 * int(lanes)}, {5 * int(lanes)}, {lanes}, 1, 3, 1, 5, z, 0, {lanes})
"""
    run(vector, body, [y, z], compiled)
    square = np.zeros((size, size, int(lanes)))
    square[: min(2, size), : min(4, size)] = y[1 : 1 + size, 1 : 1 + size]
    a, _, _ = matrices(size)
    expected = np.einsum("ia,ijl,jb->abl", a, square, a).reshape(z.shape)
    np.testing.assert_allclose(z, expected, rtol=tolerance(dtype), atol=tolerance(dtype))


@every_size
@pytest.mark.parametrize("kind", ["output", "taps"])
def test_sums_are_transformed_back(run: Run, vector: str, kind: str, size: int, compiled: bool) -> None:
    dtype, lanes = vector.split("x")
    a, g, _ = matrices(size)
    matrix = {"output": a, "taps": g.T}[kind]
    count = len(matrix)
    m = np.random.default_rng(4).standard_normal((size + 2, size + 2, 2, int(lanes))).astype(dtype)
    y = np.full((count, count, int(lanes)), np.nan, dtype)
    body = f"""
m = pointer(args[1]); y = pointer(args[2])
acc = winograd_{kind}_{size}(m, {lanes}, {2 * int(lanes)})
map_tile_{count}x{count}(keep, acc, y, {count})
"""
    run(vector, body, [m, y], compiled, KEEP.format(lanes=lanes))
    expected = np.einsum("ai,ijl,bj->abl", matrix, m[:, :, 1], matrix)
    np.testing.assert_allclose(y, expected, rtol=tolerance(dtype), atol=tolerance(dtype))
