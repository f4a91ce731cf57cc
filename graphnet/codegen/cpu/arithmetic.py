"""Operators and the simple functions on vectors: one instruction or a few each.

Vectors mix with Python numbers in every operator. Comparisons give masks; `&`, `|` and `~` combine masks. Arithmetic is
strict IEEE 754: a division by zero gives an infinity, and NaN survives everything, `maximum` and `minimum` included.
Kernels write `a = a + b`; `a += b` is refused, since it would change every name of the same array in the interpreter.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir

from graphnet.codegen.cpu.emission import I64, Booleans, Floats, Simd
from graphnet.codegen.cpu.primitive import Index, Mask, Vector, operation, primitive

_operator: Any
for _operator in (operator.add, operator.sub, operator.mul, operator.truediv, operator.neg):
    operation(_operator, "Vector", "Vector", lambda simd, *operands, _apply=_operator: _apply(*operands))
for _operator, _relation in [
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
]:
    operation(_operator, "Vector", "Mask", lambda simd, a, b, _relation=_relation: a.compare(_relation, b))
for _operator in (operator.and_, operator.or_, operator.invert):
    operation(_operator, "Mask", "Mask", lambda simd, *operands, _apply=_operator: _apply(*operands))


@primitive(lambda simd, mask, a, b: simd.where(mask, a, b))
def where(mask: Mask, a: Vector, b: Vector) -> Vector:
    """Lane by lane `a` where the mask holds, else `b`."""
    return np.where(mask, a, b)


@primitive(lambda simd, a, b: simd.where(a.is_nan() | (a > b), a, b))
def maximum(a: Vector, b: Vector) -> Vector:
    """The larger of two lanes; NaN if either is NaN. For a zero of either sign the result may be either."""
    return np.maximum(a, b)


@primitive(lambda simd, a, b: simd.where(a.is_nan() | (a < b), a, b))
def minimum(a: Vector, b: Vector) -> Vector:
    """The smaller of two lanes; NaN if either is NaN. For a zero of either sign the result may be either."""
    return np.minimum(a, b)


@primitive(lambda simd, a, b, c: simd.fma(a, b, c))
def fma(a: Vector, b: Vector, c: Vector) -> Vector:
    """`a * b + c`, rounded once where the machine has the instruction.

    The interpreter rounds float32 twice, from the exact product to float64 and then to float32, and float64 after
    the product as well.
    """
    dtype = np.result_type(a, b, c)
    if dtype == np.float32:
        return np.asarray(np.multiply(a, b, dtype=np.float64) + c).astype(np.float32)
    return np.asarray(np.multiply(a, b) + c)


@primitive(lambda simd, x: simd.intrinsic("fabs", x))
def absolute(x: Vector) -> Vector:
    """|x|."""
    return np.absolute(x)


@primitive(lambda simd, x: simd.intrinsic("sqrt", x))
def sqrt(x: Vector) -> Vector:
    """The square root, correctly rounded; NaN below zero."""
    return np.asarray(np.sqrt(x))


@primitive(lambda simd, x: simd.intrinsic("floor", x))
def floor(x: Vector) -> Vector:
    """The largest whole number not above x."""
    return np.asarray(np.floor(x))


def _fold(simd: Simd, v: Floats, combine: Any) -> Floats:
    """Combine all lanes: each half with the other, until one is left, which is then spread to all lanes."""
    lanes = simd.vector.lanes
    half = lanes // 2
    while half:
        v = combine(v, simd.shuffle(v, [(lane + half) % lanes for lane in range(lanes)]))
        half //= 2
    return v


def _interpreted_fold(v: Vector, combine: Any) -> Vector:
    half = len(v) // 2
    while half:
        v = combine(v, np.roll(v, -half))
        half //= 2
    return v


@primitive(lambda simd, v: _fold(simd, v, lambda a, b: a + b))
def hsum(v: Vector) -> Vector:
    """The sum of all lanes, in all lanes; always added in the same order, as a balanced tree."""
    return _interpreted_fold(v, np.add)


@primitive(lambda simd, v: _fold(simd, v, lambda a, b: simd.where(a.is_nan() | (a > b), a, b)))
def hmax(v: Vector) -> Vector:
    """The largest lane, in all lanes; NaN if any is NaN."""
    return _interpreted_fold(v, np.maximum)


@primitive(lambda simd, v: _fold(simd, v, lambda a, b: simd.where(a.is_nan() | (a < b), a, b)))
def hmin(v: Vector) -> Vector:
    """The smallest lane, in all lanes; NaN if any is NaN."""
    return _interpreted_fold(v, np.minimum)


def _any_lane(simd: Simd, mask: Booleans) -> Any:
    builder, bits = simd.builder, ir.IntType(simd.vector.lanes)
    return builder.zext(builder.icmp_unsigned("!=", builder.bitcast(mask.value, bits), bits(0)), I64)


@primitive(_any_lane)
def any_lane(mask: Mask) -> Index:
    """1 if the mask holds in any lane, else 0."""
    return int(np.any(mask))


def _select(relation: str) -> Any:
    return lambda builder, a, b: builder.select(builder.icmp_signed(relation, a, b), a, b)


@primitive(_select("<"))
def imin(a: Index, b: Index) -> Index:
    """The smaller of two integers."""
    return min(a, b)


@primitive(_select(">"))
def imax(a: Index, b: Index) -> Index:
    """The larger of two integers."""
    return max(a, b)


def _ceildiv(builder: Any, a: Any, b: Any) -> Any:
    quotient, rest = builder.sdiv(a, b), builder.srem(a, b)
    zero = a.type(0)
    same_sign = builder.icmp_signed(">=", builder.xor(rest, b), zero)
    above = builder.and_(builder.icmp_signed("!=", rest, zero), same_sign)
    return builder.add(quotient, builder.zext(above, a.type))


@primitive(_ceildiv)
def ceildiv(a: Index, b: Index) -> Index:
    """The quotient rounded up, for any signs; b must not be zero."""
    return -(-a // b)
