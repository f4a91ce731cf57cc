"""The one contraction building block: a matrix-multiply tile held in registers.

    acc = tile_14x2_4(x, x0, w, w0, (row_stride, lane_stride, count, x_step, w_step, count, x_step, w_step, ...))

accumulates, over a nest of 4 counted loops, the outer product of 14 broadcast scalars of x and 2 vectors of w:

    acc[m * 2 + j] = sum of x[x0 + m * row_stride + sum(index * x_step)] * w[w0 + j * lane_stride + sum(index * w_step)]

with the outermost loop first, and returns the 14 * 2 accumulators. `map_tile_14x2` then applies a function to each
one. The same tile serves linear and conv2d, forward and backward: only the strides and the nest differ (Georganas et
al., "High-Performance Deep Learning via a Single Building Block", 2019). Counts may be 0; the result is then zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, signature
from numpy.lib.stride_tricks import as_strided

from graphnet.codegen.cpu.emission import I64, Address, Floats, Simd
from graphnet.codegen.cpu.primitive import Index, Pointer, Vector, register
from graphnet.codegen.cpu.vectors import PointerType


@cache
def tile(rows: int, vecs: int, depth: int) -> Callable[..., tuple[Vector, ...]]:
    """The function `tile_{rows}x{vecs}_{depth}`."""

    def tile_function(x: Pointer, x0: Index, w: Pointer, w0: Index, strides: Sequence[int]) -> tuple[Vector, ...]:
        return _interpret(x, x0, w, w0, strides, rows, vecs)

    tile_function.__name__ = f"tile_{rows}x{vecs}_{depth}"
    packed = types.UniTuple(types.int64, 2 + 3 * depth)

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: dict[str, types.Type]) -> Any:
            x, _, w, _, _ = args
            if x != w or not isinstance(x, PointerType) or x.element != x.vector.dtype:
                return None
            return signature(types.UniTuple(x.vector, rows * vecs), x, types.int64, w, types.int64, packed)

    def lowering(context: Any, builder: Any, sig: Any, args: tuple[Any, ...]) -> Any:
        simd = Simd(builder, sig.args[0].vector)
        x, x0, w, w0, strides = args
        values = cgutils.unpack_tuple(builder, strides)
        start = Address(simd, x).at(x0), Address(simd, w).at(w0)
        return cgutils.pack_array(builder, _emit(simd, *start, values, rows, vecs))

    register(tile_function, Template, lowering)
    return tile_function


@cache
def map_tile(rows: int, vecs: int) -> Callable[..., None]:
    """The function `map_tile_{rows}x{vecs}(epilogue, acc, *context)`.

    It calls `epilogue(acc[m * vecs + j], m, j, *context)` for every accumulator, row by row. The epilogue is compiled
    once and inlined everywhere; its result is ignored.
    """

    def map_function(epilogue: Callable[..., Any], acc: Sequence[Vector], *context: Any) -> None:
        for index in range(rows * vecs):
            epilogue(acc[index], *divmod(index, vecs), *context)

    map_function.__name__ = f"map_tile_{rows}x{vecs}"

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: dict[str, types.Type]) -> Any:
            epilogue, acc, *context = args
            if not isinstance(acc, types.UniTuple) or acc.count != rows * vecs:
                return None
            context = [types.unliteral(argument) for argument in context]
            # Compiling the epilogue here tells Numba early if it cannot be typed.
            epilogue.get_call_type(self.context, (acc.dtype, types.int64, types.int64, *context), {})
            return signature(types.void, epilogue, acc, *context)

    def lowering(context: Any, builder: Any, sig: Any, args: tuple[Any, ...]) -> Any:
        epilogue, acc, *extra = sig.args
        inner = epilogue.get_call_type(context.typing_context, (acc.dtype, types.int64, types.int64, *extra), {})
        function = context.get_function(epilogue, inner)
        context.add_linking_libs(getattr(function, "libs", ()))
        for index, value in enumerate(cgutils.unpack_tuple(builder, args[1])):
            m, j = divmod(index, vecs)
            function(builder, (value, I64(m), I64(j), *args[2:]))
        return context.get_dummy_value()

    register(map_function, Template, lowering)
    return map_function


def _emit(simd: Simd, x: Any, w: Any, strides: list[Any], rows: int, vecs: int) -> list[Any]:
    """Emit the nest; give the accumulators' final values."""
    builder, vector = simd.builder, simd.vector.llvm
    # Stack slots, which LLVM turns into registers: loops of phi nodes would say the same at greater length.
    slots = [cgutils.alloca_once_value(builder, ir.Constant(vector, None)) for _ in range(rows * vecs)]
    row_stride, lane_stride, *nest = strides
    row_at = [builder.mul(row_stride, I64(m)) for m in range(rows)]
    lane_at = [builder.mul(lane_stride, I64(j)) for j in range(vecs)]

    def loop(x: Any, w: Any, nest: list[Any]) -> None:
        if nest:
            count, x_step, w_step, *inner = nest
            with cgutils.for_range(builder, count) as counter:
                x_next = builder.gep(x, [builder.mul(counter.index, x_step)])
                loop(x_next, builder.gep(w, [builder.mul(counter.index, w_step)]), inner)
            return
        weights = [Floats(simd, load_vector(simd, w, at)) for at in lane_at]
        for m, at in enumerate(row_at):
            scalar = simd.splat(builder.load(builder.gep(x, [at])))
            for slot, weight in zip(slots[m * vecs : (m + 1) * vecs], weights, strict=True):
                builder.store(simd.fma(scalar, weight, Floats(simd, builder.load(slot))).value, slot)

    for slot in slots:  # a tile inside a loop starts from zero each time
        builder.store(ir.Constant(vector, None), slot)
    loop(x, w, nest)
    return [builder.load(slot) for slot in slots]


def load_vector(simd: Simd, pointer: Any, index: Any) -> Any:
    """A vector from element `index` of a pointer's memory."""
    address = Address(simd, pointer)
    load = simd.builder.load(address.vector_at(index))
    load.align = address.alignment
    return load


def _interpret(
    x: Pointer, x0: int, w: Pointer, w0: int, strides: Sequence[int], rows: int, vecs: int
) -> tuple[Vector, ...]:
    """The tile as one matrix product over strided views of memory."""
    row_stride, lane_stride, *nest = strides
    counts = nest[::3]
    if min(counts) <= 0:
        return tuple(np.zeros(x.lanes, x.dtype) for _ in range(rows * vecs))
    scalars = strided(x, x0, (*counts, rows), (*nest[1::3], row_stride)).reshape(-1, rows)
    vectors = strided(w, w0, (*counts, vecs, w.lanes), (*nest[2::3], lane_stride, 1)).reshape(-1, vecs * w.lanes)
    return tuple((scalars.T @ vectors).reshape(rows * vecs, w.lanes))


def strided(p: Pointer, start: int, shape: Sequence[int], steps: Sequence[int]) -> Vector:
    """Memory seen as an array, with element strides."""
    place, size = p.at(start), p.memory.itemsize
    return as_strided(p.memory[place:], shape, [step * size for step in steps], writeable=False)
