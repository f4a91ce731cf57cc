"""Primitives that nothing but the kernel's vector type determines: pointers, constants, lane numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from graphnet.codegen.cpu.emission import Address, Floats, Simd
from graphnet.codegen.cpu.primitive import Index, Mask, Pointer, Vector, primitive
from graphnet.codegen.cpu.vectors import ELEMENTS, PointerType, VectorType

_SHORT_NAMES = {"i32": "int32", "u8": "uint8", "i64": "int64", "f32": "float32", "f64": "float64"}


@cache
def constants(vector: VectorType) -> dict[str, Callable[..., Any]]:
    """The primitives bound to one vector type, by name: `pointer*`, `splat`, `lanes`, `first_lanes`, `lanes_inside`."""

    @primitive(lambda simd, scalar: scalar, vector=vector)
    def splat(scalar: Vector) -> Vector:
        """A number in every lane."""
        return np.full(vector.lanes, scalar, vector.dtype)

    @primitive(_lanes, vector=vector)
    def lanes() -> Vector:
        """The numbers of the lanes: 0, 1, 2, ..."""
        return np.arange(vector.lanes, dtype=vector.dtype)

    @primitive(lambda simd, count: simd.first_lanes(count), vector=vector)
    def first_lanes(count: Index) -> Mask:
        """A mask that holds in the first `count` lanes."""
        return np.arange(vector.lanes) < count

    @primitive(lambda simd, position, extent: simd.lanes_inside(position, extent), vector=vector)
    def lanes_inside(position: Index, extent: Index) -> Mask:
        """A mask of the lanes k with 0 <= position + k < extent."""
        at = position + np.arange(vector.lanes)
        return (at >= 0) & (at < extent)

    pointers = {f"pointer_{short}": _pointer(element, vector) for short, element in _SHORT_NAMES.items()}
    pointer = _pointer(vector.dtype, vector)
    named = (splat, lanes, first_lanes, lanes_inside)
    return {**{function.__name__: function for function in named}, "pointer": pointer, **pointers}


def _lanes(simd: Simd) -> Floats:
    return Floats(simd, ir.Constant(simd.vector.llvm, [float(lane) for lane in range(simd.vector.lanes)]))


def _pointer(element: str, vector: VectorType) -> Callable[[int], Pointer]:
    """The function that makes a byte address a pointer to elements of one type."""

    def emit(simd: Simd, address: Any) -> Address:
        return Address(simd, simd.builder.inttoptr(address, ELEMENTS[element].as_pointer()))

    @primitive(emit, vector=vector, returns=PointerType(element, vector))
    def pointer(address: Index) -> Pointer:
        return Pointer(address, element, vector.dtype, vector.lanes)

    return pointer
