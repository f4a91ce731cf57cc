"""Minimal filtering: the transforms of Winograd's convolution, on tiles of vectors.

    winograd_weights_4(w, w0, row_stride, column_stride, u, u0, step)            u = G w G'    3 x 3 -> 6 x 6
    winograd_input_4(x, x0, ..., row, rows, column, columns, v, v0, step)        v = B' x B    6 x 6 -> 6 x 6
    acc = winograd_output_4(m, m0, step)                                         y = A' m A    6 x 6 -> 4 x 4

    winograd_gradient_4(y, y0, ..., v, v0, step)                                 z = A y A'    4 x 4 -> 6 x 6
    acc = winograd_taps_4(u, u0, step)                                           w = G' u G    6 x 6 -> 3 x 3

F(4 x 4, 3 x 3) computes 4 x 4 outputs of a convolution with 3 x 3 taps by 36 products instead of 144, with m = u * v
element by element. Summed over channels, each of the 36 is a matrix product of its own. The gradient of the weights is
the same read backwards: u is the sum of z * v over all tiles, with z from the gradient of the outputs.

One line of outputs is the product of two polynomials, which is known from its values at as many points as it has
coefficients; G and B' evaluate the factors, A' puts the outputs together. F(2 x 2, 3 x 3) needs 16 products.

The points are 0, +-2/3, +-3/2 and infinity: rounding errors are less than half of those at 0, +-1, +-2 and infinity,
and since points come in pairs, so do rows of the matrices: the even part of a line plus or minus the odd one. An
infinite number becomes NaN, in all outputs of its tile.

Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016; on points: Barabasz et al., "Error
analysis and improving the accuracy of Winograd convolution for deep neural networks", 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from operator import add, sub
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, signature

from graphnet.codegen.cpu.emission import I64, Address, Floats, Simd
from graphnet.codegen.cpu.memory import ask_for
from graphnet.codegen.cpu.primitive import Index, Pointer, Vector, primitive, register
from graphnet.codegen.cpu.tile import load_vector, strided
from graphnet.codegen.cpu.vectors import PointerType

TAPS = 3
POINTS = {2: (0.0, 1.0, -1.0), 4: (0.0, 2 / 3, -2 / 3, 3 / 2, -3 / 2)}
"""The finite points of F(m x m, 3 x 3), for each m; the last point is infinity."""

Line = Sequence[Floats]


@cache
def matrices(size: int) -> tuple[Vector, Vector, Vector]:
    """The matrices (A', G, B') of F(size x size, 3 x 3): y = A' ((G g) * (B' d)) for a line."""
    points = POINTS[size]
    a, g, b = np.zeros((size + 2, size)), np.zeros((size + 2, TAPS)), np.zeros((size + 2, size + 2))
    for k, p in enumerate(points):
        others = [q for q in points if q != p]
        a[k] = p ** np.arange(size)
        g[k] = p ** np.arange(TAPS) / np.prod([p - q for q in others])
        b[k, :-1] = np.polynomial.polynomial.polyfromroots(others)
    a[-1, -1] = g[-1, -1] = 1.0
    b[-1] = np.polynomial.polynomial.polyfromroots(points)
    return a.T, g, b


# -- a line, as vector code ------------------------------------------------------------------------------------------


def weights_line(simd: Simd, size: int, g: Line) -> list[Floats]:
    """G g: the values of a line of taps at all points, each divided by its distances to the other points."""
    _, matrix, _ = matrices(size)
    return [g[0] * float(matrix[0, 0]), *_pairs(simd, matrix, g), g[-1]]


def input_line(simd: Simd, size: int, d: Line) -> list[Floats]:
    """B' d."""
    if size == 2:
        return [d[2] - d[0], d[1] + d[2], d[2] - d[1], d[3] - d[1]]
    _, a, _, b, _ = POINTS[4]
    near, far, both = a * a, b * b, a * a + b * b  # near * far is 1
    inner, inner_odd = simd.fma(-far, d[2], d[4]), simd.fma(-far, d[1], d[3])
    outer, outer_odd = simd.fma(-near, d[2], d[4]), simd.fma(-near, d[1], d[3])
    return [
        simd.fma(-both, d[2], d[0] + d[4]),
        simd.fma(a, inner_odd, inner),
        simd.fma(-a, inner_odd, inner),
        simd.fma(b, outer_odd, outer),
        simd.fma(-b, outer_odd, outer),
        simd.fma(-both, d[3], d[1] + d[5]),
    ]


def output_line(simd: Simd, size: int, m: Line) -> list[Floats]:
    """A' m."""
    if size == 2:
        return [m[0] + (m[1] + m[2]), (m[1] - m[2]) + m[3]]
    _, a, _, b, _ = POINTS[4]
    inner, inner_odd, outer, outer_odd = m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]
    return [
        m[0] + (inner + outer),
        simd.fma(b, outer_odd, inner_odd * a),
        simd.fma(b**2, outer, inner * a**2),
        simd.fma(b**3, outer_odd, simd.fma(a**3, inner_odd, m[5])),
    ]


def gradient_line(simd: Simd, size: int, y: Line) -> list[Floats]:
    """A y: the values of a line of the outputs' gradient at all points."""
    matrix, _, _ = matrices(size)
    return [y[0], *_pairs(simd, matrix.T, y), y[-1]]


def taps_line(simd: Simd, size: int, u: Line) -> list[Floats]:
    """G' u."""
    _, matrix, _ = matrices(size)
    even, odd = ([operation(u[k], u[k + 1]) for k in range(1, size, 2)] for operation in (add, sub))
    first, second, third = (matrix[1:-1:2, tap] for tap in range(TAPS))
    return [
        _combination(simd, [u[0], *even], [matrix[0, 0], *first]),
        _combination(simd, odd, second),
        _combination(simd, even, third) + u[-1],
    ]


def _pairs(simd: Simd, matrix: Vector, line: Line) -> Iterator[Floats]:
    """The values of a polynomial at p and -p: the even part plus or minus the odd one."""
    for row in matrix[1:-1:2]:
        even, odd = _combination(simd, line[::2], row[::2]), _combination(simd, line[1::2], row[1::2])
        yield even + odd
        yield even - odd


def _combination(simd: Simd, values: Line, factors: Iterable[float]) -> Floats:
    """A sum of vectors times numbers."""
    first, *rest = zip(values, map(float, factors), strict=True)
    total = first[0] if first[1] == 1.0 else first[0] * first[1]
    for value, factor in rest:
        total = simd.fma(factor, value, total)
    return total


def transformed(
    simd: Simd, size: int, line: Callable[[Simd, int, Line], list[Floats]], lines: Sequence[Line]
) -> list[list[Floats]]:
    """A transform of a square: each column as a line, then each row of what that gives."""
    columns = [line(simd, size, column) for column in zip(*lines, strict=True)]
    return [line(simd, size, row) for row in zip(*columns, strict=True)]


# -- the primitives --------------------------------------------------------------------------------------------------


@cache
def winograd_weights(size: int) -> Callable[..., None]:
    """The function `winograd_weights_{size}`: 3 x 3 vectors of taps to (size + 2)^2 vectors, `step` elements apart."""

    def weights(
        w: Pointer, w0: Index, row_stride: Index, column_stride: Index, u: Pointer, u0: Index, step: Index
    ) -> None:
        start = w0 + min(0, 2 * row_stride) + min(0, 2 * column_stride)
        taps = strided(w, start, (TAPS, TAPS, w.lanes), (abs(row_stride), abs(column_stride), 1))
        taps = taps[:: 1 if row_stride > 0 else -1, :: 1 if column_stride > 0 else -1]
        _, g, _ = matrices(size)
        _keep(u, u0, step, np.einsum("ai,ijl,bj->abl", g, taps, g))

    def lowering(
        simd: Simd, w: Address, w0: Any, row_stride: Any, column_stride: Any, u: Address, u0: Any, step: Any
    ) -> None:
        start = w.at(w0)
        taps = [[_load(simd, start, (row_stride, i), (column_stride, j)) for j in range(TAPS)] for i in range(TAPS)]
        _store(simd, u.at(u0), step, transformed(simd, size, weights_line, taps))

    weights.__name__ = f"winograd_weights_{size}"
    return primitive(lowering)(weights)


@cache
def winograd_input(size: int) -> Callable[..., None]:
    """The function `winograd_input_{size}`: a tile of a map, with what its windows reach beyond it, transformed."""
    *_, b = matrices(size)
    return _tile_of_map(f"winograd_input_{size}", size, b, input_line)


@cache
def winograd_gradient(size: int) -> Callable[..., None]:
    """The function `winograd_gradient_{size}`: a tile of the outputs' gradient, transformed."""
    a, _, _ = matrices(size)
    return _tile_of_map(f"winograd_gradient_{size}", size, a.T, gradient_line)


@cache
def winograd_output(size: int) -> Callable[..., tuple[Vector, ...]]:
    """The function `winograd_output_{size}(m, m0, step)`: gives size x size accumulators for `map_tile`."""
    a, _, _ = matrices(size)
    return _square_of_sums(f"winograd_output_{size}", size, a, output_line)


@cache
def winograd_taps(size: int) -> Callable[..., tuple[Vector, ...]]:
    """The function `winograd_taps_{size}(u, u0, step)`: gives 3 x 3 accumulators for `map_tile`."""
    _, g, _ = matrices(size)
    return _square_of_sums(f"winograd_taps_{size}", size, g.T, taps_line)


def _tile_of_map(
    name: str, size: int, matrix: Vector, line: Callable[[Simd, int, Line], list[Floats]]
) -> Callable[..., None]:
    """A function that transforms a tile of x, from position x0, to vectors that lie `step` elements apart.

    The tile begins at a row and a column of a map with so many rows and columns; what lies outside is zero. What the
    tile after the next one reads anew is asked for, since lines are too short for the machine to see where they lead.
    """
    side = matrix.shape[1]

    def tile(
        x: Pointer, x0: Index, row_stride: Index, column_stride: Index, row: Index, rows: Index, column: Index,
        columns: Index, v: Pointer, v0: Index, step: Index,
    ) -> None:  # fmt: skip
        square = np.zeros((side, side, x.lanes), x.dtype)
        top, left = max(-row, 0), max(-column, 0)
        inside = square[top : max(rows - row, 0), left : max(columns - column, 0)]
        if inside.size:
            start = x0 + top * row_stride + left * column_stride
            inside[:] = strided(x, start, inside.shape, (row_stride, column_stride, 1))
        _keep(v, v0, step, np.einsum("ai,ijl,bj->abl", matrix, square, matrix))

    def lowering(
        simd: Simd, x: Address, x0: Any, row_stride: Any, column_stride: Any, row: Any, rows: Any, column: Any,
        columns: Any, v: Address, v0: Any, step: Any,
    ) -> None:  # fmt: skip
        builder, start = simd.builder, x.at(x0)
        zeros = cgutils.alloca_once_value(builder, ir.Constant(simd.vector.llvm, None))
        nothing = builder.bitcast(zeros, start.type)

        def is_inside(first: Any, position: int, count: Any) -> Any:
            return builder.icmp_unsigned("<", builder.add(first, I64(position)), count)

        in_row = [is_inside(row, i, rows) for i in range(side)]
        in_column = [is_inside(column, j, columns) for j in range(side)]

        def load(i: int, j: int) -> Floats:
            place = _place(simd, start, (row_stride, i), (column_stride, j))
            chosen = builder.select(builder.and_(in_row[i], in_column[j]), place, nothing)
            return Floats(simd, load_vector(simd, chosen, I64(0)))

        for i in range(side):
            for j in range(side + size, side + 2 * size):
                ask_for(simd, _place(simd, start, (row_stride, i), (column_stride, j)))
        square = [[load(i, j) for j in range(side)] for i in range(side)]
        _store(simd, v.at(v0), step, transformed(simd, size, line, square))

    tile.__name__ = name
    return primitive(lowering)(tile)


def _square_of_sums(
    name: str, size: int, matrix: Vector, line: Callable[[Simd, int, Line], list[Floats]]
) -> Callable[..., tuple[Vector, ...]]:
    """A function that transforms back what lies `step` elements apart, and gives it row by row."""
    count, side = matrix.shape

    def sums(m: Pointer, m0: Index, step: Index) -> tuple[Vector, ...]:
        square = strided(m, m0, (side, side, m.lanes), (side * step, step, 1))
        outputs = np.einsum("ai,ijl,bj->abl", matrix, square, matrix).astype(m.dtype)
        return tuple(outputs.reshape(-1, m.lanes))

    sums.__name__ = name

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: dict[str, types.Type]) -> Any:
            m = args[0]
            if not isinstance(m, PointerType) or m.element != m.vector.dtype:
                return None
            return signature(types.UniTuple(m.vector, count * count), m, types.int64, types.int64)

    def lowering(context: Any, builder: Any, sig: Any, args: tuple[Any, ...]) -> Any:
        simd = Simd(builder, sig.args[0].vector)
        m, m0, step = args
        start = Address(simd, m).at(m0)
        square = [[_load(simd, start, (step, i * side + j)) for j in range(side)] for i in range(side)]
        outputs = transformed(simd, size, line, square)
        return cgutils.pack_array(builder, [value.value for row in outputs for value in row])

    register(sums, Template, lowering)
    return sums


KINDS: dict[str, Callable[[int], Callable[..., Any]]] = {
    "weights": winograd_weights,
    "input": winograd_input,
    "output": winograd_output,
    "gradient": winograd_gradient,
    "taps": winograd_taps,
}


def _place(simd: Simd, start: Any, *steps: tuple[Any, int]) -> Any:
    """The address some strides behind another."""
    builder, offset = simd.builder, I64(0)
    for stride, count in steps:
        offset = builder.add(offset, builder.mul(stride, I64(count)))
    return builder.gep(start, [offset])


def _load(simd: Simd, start: Any, *steps: tuple[Any, int]) -> Floats:
    return Floats(simd, load_vector(simd, _place(simd, start, *steps), I64(0)))


def _store(simd: Simd, start: Any, step: Any, square: Sequence[Line]) -> None:
    """Store vectors `step` elements apart, row by row."""
    for k, value in enumerate(value for row in square for value in row):
        address = Address(simd, _place(simd, start, (step, k)))
        simd.builder.store(value.value, address.vector_at(I64(0))).align = address.alignment


def _keep(p: Pointer, start: int, step: int, square: Vector) -> None:
    """The same, uncompiled."""
    for k, value in enumerate(square.reshape(-1, p.lanes)):
        place = p.at(start + k * step)
        p.store(slice(place, place + p.lanes), value)
