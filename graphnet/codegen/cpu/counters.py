"""Random numbers from counters: the same number for the same key and counter, whoever computes it, and where.

The hash is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): number n of
the stream that starts at `key` is the finaliser applied to `key + n * GOLDEN`, so any place of a stream is reached
in one step. It uses 64-bit integer arithmetic only, so the compiled code and the interpreter agree to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from graphnet.codegen.cpu.emission import I32, I64, Floats, Simd
from graphnet.codegen.cpu.primitive import Index, Vector, primitive
from graphnet.codegen.cpu.vectors import VectorType

_GOLDEN = 0x9E3779B97F4A7C15
_FINALISER = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT = 31
_MASK = (1 << 64) - 1
_BITS = 24  # as many as float32 holds exactly, so that every vector type gives the same numbers


@cache
def random(vector: VectorType) -> dict[str, Callable[..., Any]]:
    """The random primitives bound to one vector type, by name."""

    def emit(simd: Simd, key: Any, base: Any, stride: Any) -> Floats:
        builder = simd.builder
        steps = builder.mul(simd.broadcast(stride), simd.iota())
        counters = builder.add(simd.broadcast(base), steps)
        golden = _constant(counters.type, _GOLDEN)
        mixed = _emit_finaliser(builder, builder.add(simd.broadcast(key), builder.mul(counters, golden)))
        bits = builder.lshr(mixed, _constant(mixed.type, 64 - _BITS))
        small = builder.trunc(bits, ir.VectorType(I32, simd.vector.lanes))
        return Floats(simd, builder.sitofp(small, simd.vector.llvm)) * 2.0**-_BITS

    @primitive(emit, vector=vector)
    def uniform(key: Index, base: Index, stride: Index) -> Vector:
        """Random numbers in [0, 1), multiples of 2**-24; lane k is number `base + k * stride` of stream `key`."""
        numbers = [
            _finalise((key + (base + lane * stride) * _GOLDEN) & _MASK) >> (64 - _BITS) for lane in range(vector.lanes)
        ]
        return (np.array(numbers) * 2.0**-_BITS).astype(vector.dtype)

    return {"uniform": uniform}


def _emit_mix_key(builder: Any, a: Any, b: Any) -> Any:
    first = _emit_finaliser(builder, builder.add(a, _constant(I64, _GOLDEN)))
    return _emit_finaliser(builder, builder.add(first, builder.mul(b, _constant(I64, _GOLDEN))))


@primitive(_emit_mix_key)
def mix_key(a: Index, b: Index) -> Index:
    """A key made of two integers, such as a seed and a step; also usable from Python."""
    mixed = _finalise((_finalise((a + _GOLDEN) & _MASK) + b * _GOLDEN) & _MASK)
    return mixed - (1 << 64) if mixed >> 63 else mixed


def _emit_finaliser(builder: Any, value: Any) -> Any:
    for shift, factor in _FINALISER:
        value = builder.xor(value, builder.lshr(value, _constant(value.type, shift)))
        value = builder.mul(value, _constant(value.type, factor))
    return builder.xor(value, builder.lshr(value, _constant(value.type, _LAST_SHIFT)))


def _finalise(value: int) -> int:
    for shift, factor in _FINALISER:
        value = ((value ^ (value >> shift)) * factor) & _MASK
    return value ^ (value >> _LAST_SHIFT)


def _constant(kind: ir.Type, value: int) -> ir.Constant:
    signed = value - (1 << 64) if value >> 63 else value
    return ir.Constant(kind, [signed] * kind.count) if isinstance(kind, ir.VectorType) else ir.Constant(kind, signed)
