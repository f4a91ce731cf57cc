"""Loads, stores and the ticket counter: everything by which a kernel touches memory.

Pointers are plain addresses. The index counts elements of the pointer's type; lanes are converted between that type
and the vector's (floats that become integers lose their fraction; a value that the integer cannot hold is undefined).
Loads and stores need no alignment beyond the element's own. `_first` forms touch the first `count` lanes only, so
that nothing beyond the end of an array is read or written; the other lanes load as zero.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from graphnet.codegen.cpu.emission import I1, I32, I64, Address, Booleans, Floats, Simd, convert
from graphnet.codegen.cpu.primitive import Index, Pointer, Vector, primitive


def _vload(simd: Simd, p: Address, i: Any) -> Floats:
    load = simd.builder.load(p.vector_at(i))
    load.align = p.alignment
    return Floats(simd, convert(simd.builder, load, simd.vector.llvm))


@primitive(_vload)
def vload(p: Pointer, i: Index) -> Vector:
    """Consecutive elements from element i."""
    place = p.at(i)
    return p.load(slice(place, place + p.lanes))


def _vstore(simd: Simd, p: Address, i: Any, v: Floats) -> None:
    simd.builder.store(convert(simd.builder, v.value, p.element), p.vector_at(i)).align = p.alignment


@primitive(_vstore)
def vstore(p: Pointer, i: Index, v: Vector) -> None:
    """Store all lanes from element i."""
    place = p.at(i)
    p.store(slice(place, place + p.lanes), _lanes_of(p, v))


@primitive(lambda simd, p, i: simd.splat(simd.builder.load(p.at(i))))
def sload(p: Pointer, i: Index) -> Vector:
    """Element i in every lane."""
    return np.full(p.lanes, p.memory[p.at(i)], p.dtype)


def _sstore(simd: Simd, p: Address, i: Any, v: Floats) -> None:
    lane = simd.builder.extract_element(v.value, ir.Constant(I32, 0))
    simd.builder.store(convert(simd.builder, lane, p.element), p.at(i))


@primitive(_sstore)
def sstore(p: Pointer, i: Index, v: Vector) -> None:
    """Store lane 0 at element i."""
    place = p.at(i)
    p.store(slice(place, place + 1), _lanes_of(p, v)[:1])


def _addresses(simd: Simd, p: Address, i: Any, stride: Any) -> Any:
    """The addresses of elements i + k * stride, one a lane."""
    builder = simd.builder
    steps = builder.mul(simd.broadcast(builder.mul(stride, ir.Constant(I64, p.alignment))), simd.iota())
    places = builder.add(simd.broadcast(builder.ptrtoint(p.at(i), I64)), steps)
    return builder.inttoptr(places, ir.VectorType(p.value.type, simd.vector.lanes))


def _memory_suffix(simd: Simd, p: Address) -> str:
    """How LLVM names the variant of a masked intrinsic, such as `v16f32`."""
    kind = "i" if isinstance(p.element, ir.IntType) else "f"
    return f"v{simd.vector.lanes}{kind}{p.alignment * 8}"


def _masked_load(simd: Simd, p: Address, source: Any, mask: Booleans, gathers: bool) -> Floats:
    whole = ir.VectorType(p.element, simd.vector.lanes)
    suffix, align = _memory_suffix(simd, p), ir.Constant(I32, p.alignment)
    name = f"llvm.masked.gather.{suffix}.v{simd.vector.lanes}p0" if gathers else f"llvm.masked.load.{suffix}.p0"
    loaded = simd.call(name, whole, source, align, mask.value, ir.Constant(whole, None))
    return Floats(simd, convert(simd.builder, loaded, simd.vector.llvm))


def _masked_store(simd: Simd, p: Address, target: Any, v: Floats, mask: Booleans, scatters: bool) -> None:
    suffix, align = _memory_suffix(simd, p), ir.Constant(I32, p.alignment)
    name = f"llvm.masked.scatter.{suffix}.v{simd.vector.lanes}p0" if scatters else f"llvm.masked.store.{suffix}.p0"
    simd.call(name, ir.VoidType(), convert(simd.builder, v.value, p.element), target, align, mask.value)


def _all_lanes(simd: Simd) -> Booleans:
    return Booleans(simd, ir.Constant(ir.VectorType(I1, simd.vector.lanes), [1] * simd.vector.lanes))


@primitive(lambda simd, p, i, count: _masked_load(simd, p, p.vector_at(i), simd.first_lanes(count), False))
def vload_first(p: Pointer, i: Index, count: Index) -> Vector:
    """The first `count` of the elements from i; zero in the other lanes."""
    return vgather_first(p, i, 1, count)


@primitive(lambda simd, p, i, v, count: _masked_store(simd, p, p.vector_at(i), v, simd.first_lanes(count), False))
def vstore_first(p: Pointer, i: Index, v: Vector, count: Index) -> None:
    """Store the first `count` lanes from element i."""
    vscatter_first(p, i, 1, v, count)


@primitive(lambda simd, p, i, stride: _masked_load(simd, p, _addresses(simd, p, i, stride), _all_lanes(simd), True))
def vgather(p: Pointer, i: Index, stride: Index) -> Vector:
    """Elements i + k * stride."""
    return vgather_first(p, i, stride, p.lanes)


@primitive(
    lambda simd, p, i, stride, count: _masked_load(
        simd, p, _addresses(simd, p, i, stride), simd.first_lanes(count), True
    )
)
def vgather_first(p: Pointer, i: Index, stride: Index, count: Index) -> Vector:
    """Elements i + k * stride for the first `count` lanes; zero in the other lanes."""
    count = min(max(count, 0), p.lanes)
    values = np.zeros(p.lanes, p.dtype)
    values[:count] = p.load(p.at(i) + stride * np.arange(count))
    return values


def _vload_shifted(simd: Simd, p: Address, i: Any, stride: Any, shift: Any, position: Any, extent: Any) -> Floats:
    builder, lanes = simd.builder, simd.vector.lanes
    block = builder.ashr(shift, I64(lanes.bit_length() - 1))
    first = builder.and_(shift, I64(lanes - 1))
    here = builder.add(builder.add(i, builder.mul(block, stride)), first)
    there = builder.sub(builder.add(here, stride), I64(lanes))
    inside = simd.lanes_inside(builder.add(position, shift), extent)
    low = simd.first_lanes(builder.sub(I64(lanes), first))
    near = _masked_load(simd, p, p.vector_at(here), inside & low, False)
    far = _masked_load(simd, p, p.vector_at(there), inside & ~low, False)
    return simd.where(low, near, far)


@primitive(_vload_shifted)
def vload_shifted(p: Pointer, i: Index, stride: Index, shift: Index, position: Index, extent: Index) -> Vector:
    """Elements `shift` positions further along an axis cut into blocks of lanes; zero where the axis has none.

    Element i is at `position`, which begins a block. Blocks lie `stride` elements apart, and `extent` is the number of
    positions in all.
    """
    away = shift + np.arange(p.lanes)
    inside = (position + away >= 0) & (position + away < extent)
    places = p.at(i) + away // p.lanes * stride + away % p.lanes
    values = np.zeros(p.lanes, p.dtype)
    values[inside] = p.load(places[inside])
    return values


def _vlookup(
    simd: Simd, p: Address, i: Any, q: Address, j: Any, stride: Any, count: Any, block: Any, far: Any, near: Any,
    extent: Any,
) -> Floats:  # fmt: skip
    builder = simd.builder
    whole = ir.VectorType(q.element, simd.vector.lanes)
    first, none = simd.first_lanes(count), ir.Constant(whole, None)
    align, name = ir.Constant(I32, q.alignment), f"llvm.masked.gather.{_memory_suffix(simd, q)}.v{simd.vector.lanes}p0"
    loaded = simd.call(name, whole, _addresses(simd, q, j, stride), align, first.value, none)
    at = convert(builder, loaded, ir.VectorType(I64, simd.vector.lanes))
    inside = Booleans(simd, builder.icmp_unsigned("<", at, simd.broadcast(extent))) & first
    # Blocks are powers of two; where there are none, every position is in the first.
    whole_axis = builder.icmp_signed("==", block, I64(0))
    bits = builder.select(whole_axis, I64(63), builder.cttz(block, I1(0)))
    blocks = builder.lshr(at, simd.broadcast(bits))
    within = builder.sub(at, builder.shl(blocks, simd.broadcast(bits)))
    places = builder.add(builder.mul(blocks, simd.broadcast(far)), builder.mul(within, simd.broadcast(near)))
    offsets = builder.mul(places, simd.broadcast(I64(p.alignment)))
    addresses = builder.add(simd.broadcast(builder.ptrtoint(p.at(i), I64)), offsets)
    pointers = builder.inttoptr(addresses, ir.VectorType(p.value.type, simd.vector.lanes))
    return _masked_load(simd, p, pointers, inside, True)


@primitive(_vlookup)
def vlookup(
    p: Pointer, i: Index, q: Pointer, j: Index, stride: Index, count: Index, block: Index, far: Index, near: Index,
    extent: Index,
) -> Vector:  # fmt: skip
    """Elements of p at the positions that elements j + k * stride of q give, for the first `count` lanes.

    A position is that of an axis with `extent` of them, cut into blocks of `block` (a power of two; 0 if it is whole):
    blocks lie `far` elements apart, their positions `near`. Lanes whose position is outside are zero.
    """
    count = min(max(count, 0), p.lanes)
    at = np.full(p.lanes, -1)
    at[:count] = q.memory[q.at(j) + stride * np.arange(count)]
    inside = (at >= 0) & (at < extent)
    places = p.at(i) + (at // block * far + at % block * near if block else at * near)
    values = np.zeros(p.lanes, p.dtype)
    values[inside] = p.load(places[inside])
    return values


@primitive(
    lambda simd, p, i, stride, v: _masked_store(simd, p, _addresses(simd, p, i, stride), v, _all_lanes(simd), True)
)
def vscatter(p: Pointer, i: Index, stride: Index, v: Vector) -> None:
    """Store lane k at element i + k * stride; where places coincide the last lane stays."""
    vscatter_first(p, i, stride, v, p.lanes)


@primitive(
    lambda simd, p, i, stride, v, count: _masked_store(
        simd, p, _addresses(simd, p, i, stride), v, simd.first_lanes(count), True
    )
)
def vscatter_first(p: Pointer, i: Index, stride: Index, v: Vector, count: Index) -> None:
    """Store the first `count` lanes, lane k at element i + k * stride."""
    count = min(max(count, 0), p.lanes)
    p.store(p.at(i) + stride * np.arange(count), _lanes_of(p, v)[:count])


def _zero(simd: Simd, p: Address, i: Any, count: Any) -> None:
    size = simd.builder.mul(count, ir.Constant(I64, simd.vector.lanes * p.alignment))
    start = simd.builder.bitcast(p.at(i), ir.IntType(8).as_pointer())
    simd.call("llvm.memset.p0.i64", ir.VoidType(), start, ir.IntType(8)(0), size, I1(0))


@primitive(_zero)
def zero(p: Pointer, i: Index, count: Index) -> None:
    """Set `count` vectors' worth of elements to zero, from element i."""
    place = p.at(i)
    p.memory[place : place + count * p.lanes] = 0


_CACHE_LINE = 64


def _prefetch(simd: Simd, p: Address, i: Any, count: Any) -> None:
    builder = simd.builder
    start = builder.bitcast(p.at(i), ir.IntType(8).as_pointer())
    size = builder.mul(count, ir.Constant(I64, simd.vector.lanes * p.alignment))
    lines = builder.sdiv(builder.add(size, ir.Constant(I64, _CACHE_LINE - 1)), ir.Constant(I64, _CACHE_LINE))
    with cgutils.for_range(builder, lines) as line:
        ask_for(simd, builder.gep(start, [builder.mul(line.index, ir.Constant(I64, _CACHE_LINE))]))


def ask_for(simd: Simd, place: Any) -> None:
    """Prefetch the cache line of an address."""
    for_reading, keep, data = ir.Constant(I32, 0), ir.Constant(I32, 3), ir.Constant(I32, 1)
    byte = simd.builder.bitcast(place, ir.IntType(8).as_pointer())
    simd.call("llvm.prefetch.p0", ir.VoidType(), byte, for_reading, keep, data)


@primitive(_prefetch)
def prefetch(p: Pointer, i: Index, count: Index) -> None:
    """Ask for `count` vectors' worth of elements from element i, which need not exist, before they are needed."""


@primitive(lambda simd, p, i: convert(simd.builder, simd.builder.load(p.at(i)), I64))
def iload(p: Pointer, i: Index) -> Index:
    """Element i of a table of integers, as an int64."""
    return int(p.memory[p.at(i)])


@primitive(lambda simd, p, i, value: _istore(simd, p, i, value))
def istore(p: Pointer, i: Index, value: Index) -> None:
    """Store an integer at element i."""
    p.memory[p.at(i)] = np.array(value).astype(p.element)


def _istore(simd: Simd, p: Address, i: Any, value: Any) -> None:
    simd.builder.store(convert(simd.builder, value, p.element), p.at(i))


def _next_task(builder: Any, address: Any) -> Any:
    counter = builder.inttoptr(address, I64.as_pointer())
    # Tasks of one kernel share nothing that would need ordering: the barrier between kernels orders memory.
    return builder.atomic_rmw("add", counter, I64(1), "monotonic")


@primitive(_next_task)
def next_task(address: Index) -> Index:
    """Take the next ticket: add one to the int64 at a byte address, give its old value; atomic when compiled."""
    counter = ctypes.c_int64.from_address(address)
    counter.value += 1
    return counter.value - 1


def _lanes_of(p: Pointer, v: Any) -> Any:
    """A stored value as an array of lanes, in the vector's type: it may be a plain number."""
    return np.broadcast_to(np.asarray(v, p.dtype), (p.lanes,))
