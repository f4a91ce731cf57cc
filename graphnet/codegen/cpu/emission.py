"""LLVM values with Python's operators, from which the primitives' lowerings are written.

    Simd(builder, vector)       what all values of one vector type need: constants, intrinsics
    Floats, Integers, Booleans  a vector of floats, its bits as signed integers, a mask

A lowering is straight-line code on these (`p * s + x`), executed once while Numba lowers a kernel. So a primitive
costs no type inference of its own and is always inlined. No fast-math flag is ever set: LLVM may not reassociate or
contract, and results do not depend on the order in which it schedules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from graphnet.codegen.cpu.vectors import MaskType, VectorType, has_fma

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


@dataclass(frozen=True)
class Simd:
    """Emits instructions on vectors of one type at the position of `builder`."""

    builder: Any
    vector: VectorType

    @property
    def integers_type(self) -> ir.VectorType:
        return ir.VectorType(ir.IntType(self.vector.bits), self.vector.lanes)

    def floats(self, value: float | Floats) -> Floats:
        """A vector, from one or from a Python number."""
        if isinstance(value, Floats):
            return value
        return Floats(self, ir.Constant(self.vector.llvm, [float(value)] * self.vector.lanes))

    def integers(self, value: int | Integers) -> Integers:
        """A vector of integers as wide as the lanes, from one or from a Python number."""
        if isinstance(value, Integers):
            return value
        return Integers(self, ir.Constant(self.integers_type, [value] * self.vector.lanes))

    def broadcast(self, scalar: ir.Value) -> ir.Value:
        """A vector that holds the LLVM value `scalar` in every lane."""
        lanes = self.vector.lanes
        undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, lanes), [0] * lanes))

    def splat(self, scalar: ir.Value) -> Floats:
        """A float vector from an LLVM scalar, integer or float, converted to the lanes' type."""
        return Floats(self, self.broadcast(convert(self.builder, scalar, self.vector.llvm.element)))

    def intrinsic(self, name: str, *values: Floats) -> Floats:
        """Call the LLVM intrinsic that maps vectors of this type to one of the same type."""
        suffix = f"v{self.vector.lanes}f{self.vector.bits}"
        return Floats(self, self.call(f"llvm.{name}.{suffix}", self.vector.llvm, *(value.value for value in values)))

    def call(self, name: str, result: ir.Type, *values: ir.Value) -> ir.Value:
        """Call an LLVM function by its full name."""
        function_type = ir.FunctionType(result, [value.type for value in values])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, function_type, name), values)

    def fma(self, a: float | Floats, b: float | Floats, c: float | Floats) -> Floats:
        """`a * b + c`, rounded once where the machine can."""
        a, b, c = self.floats(a), self.floats(b), self.floats(c)
        return self.intrinsic("fma", a, b, c) if has_fma() else a * b + c

    def where(self, mask: Booleans, a: float | Floats, b: float | Floats) -> Floats:
        """Lane by lane `a` where the mask holds, else `b`."""
        return Floats(self, self.builder.select(mask.value, self.floats(a).value, self.floats(b).value))

    def iota(self) -> ir.Value:
        """The numbers of the lanes as 64-bit integers."""
        return ir.Constant(ir.VectorType(I64, self.vector.lanes), list(range(self.vector.lanes)))

    def first_lanes(self, count: ir.Value) -> Booleans:
        """A mask that holds in the first `count` lanes."""
        return Booleans(self, self.builder.icmp_signed("<", self.iota(), self.broadcast(count)))

    def lanes_inside(self, position: ir.Value, extent: ir.Value) -> Booleans:
        """A mask of the lanes k with 0 <= position + k < extent."""
        at = self.builder.add(self.iota(), self.broadcast(position))
        return Booleans(self, self.builder.icmp_unsigned("<", at, self.broadcast(extent)))

    def shuffle(self, value: Floats, order: list[int]) -> Floats:
        """Lane k of the result is lane `order[k]`."""
        pattern = ir.Constant(ir.VectorType(I32, len(order)), order)
        return Floats(self, self.builder.shuffle_vector(value.value, value.value, pattern))


@dataclass(frozen=True, eq=False)
class Floats:
    """A vector of floats."""

    simd: Simd
    value: ir.Value

    def _binary(self, method: str, a: Any, b: Any) -> Floats:
        emit = getattr(self.simd.builder, method)
        return Floats(self.simd, emit(self.simd.floats(a).value, self.simd.floats(b).value))

    def __add__(self, other: float | Floats) -> Floats:
        return self._binary("fadd", self, other)

    def __radd__(self, other: float) -> Floats:
        return self._binary("fadd", other, self)

    def __sub__(self, other: float | Floats) -> Floats:
        return self._binary("fsub", self, other)

    def __rsub__(self, other: float) -> Floats:
        return self._binary("fsub", other, self)

    def __mul__(self, other: float | Floats) -> Floats:
        return self._binary("fmul", self, other)

    def __rmul__(self, other: float) -> Floats:
        return self._binary("fmul", other, self)

    def __truediv__(self, other: float | Floats) -> Floats:
        return self._binary("fdiv", self, other)

    def __rtruediv__(self, other: float) -> Floats:
        return self._binary("fdiv", other, self)

    def __neg__(self) -> Floats:
        return Floats(self.simd, self.simd.builder.fneg(self.value))

    def compare(self, relation: str, other: float | Floats) -> Booleans:
        """Compare lanes; a NaN makes every relation false but `!=`."""
        builder, right = self.simd.builder, self.simd.floats(other).value
        emit = builder.fcmp_unordered if relation == "!=" else builder.fcmp_ordered
        return Booleans(self.simd, emit(relation, self.value, right))

    def __lt__(self, other: float | Floats) -> Booleans:
        return self.compare("<", other)

    def __le__(self, other: float | Floats) -> Booleans:
        return self.compare("<=", other)

    def __gt__(self, other: float | Floats) -> Booleans:
        return self.compare(">", other)

    def __ge__(self, other: float | Floats) -> Booleans:
        return self.compare(">=", other)

    def is_nan(self) -> Booleans:
        return self.compare("!=", self)

    def bits(self) -> Integers:
        """The lanes' bit patterns."""
        return Integers(self.simd, self.simd.builder.bitcast(self.value, self.simd.integers_type))


@dataclass(frozen=True, eq=False)
class Integers:
    """A vector of signed integers as wide as the lanes of its float vector; arithmetic wraps."""

    simd: Simd
    value: ir.Value

    def _binary(self, method: str, other: int | Integers) -> Integers:
        return Integers(self.simd, getattr(self.simd.builder, method)(self.value, self.simd.integers(other).value))

    def __add__(self, other: int | Integers) -> Integers:
        return self._binary("add", other)

    def __sub__(self, other: int | Integers) -> Integers:
        return self._binary("sub", other)

    def __and__(self, other: int | Integers) -> Integers:
        return self._binary("and_", other)

    def __or__(self, other: int | Integers) -> Integers:
        return self._binary("or_", other)

    def __lshift__(self, count: int) -> Integers:
        return self._binary("shl", count)

    def __rshift__(self, count: int) -> Integers:
        """Shift right and keep the sign."""
        return self._binary("ashr", count)

    def is_zero(self) -> Booleans:
        zero = self.simd.integers(0).value
        return Booleans(self.simd, self.simd.builder.icmp_signed("==", self.value, zero))

    def as_floats(self) -> Floats:
        """The floats that have these bit patterns."""
        return Floats(self.simd, self.simd.builder.bitcast(self.value, self.simd.vector.llvm))

    def to_floats(self) -> Floats:
        """The floats nearest to these numbers."""
        return Floats(self.simd, self.simd.builder.sitofp(self.value, self.simd.vector.llvm))


@dataclass(frozen=True, eq=False)
class Booleans:
    """A mask."""

    simd: Simd
    value: ir.Value

    def __and__(self, other: Booleans) -> Booleans:
        return Booleans(self.simd, self.simd.builder.and_(self.value, other.value))

    def __or__(self, other: Booleans) -> Booleans:
        return Booleans(self.simd, self.simd.builder.or_(self.value, other.value))

    def __invert__(self) -> Booleans:
        return Booleans(self.simd, self.simd.builder.not_(self.value))

    @property
    def type(self) -> MaskType:
        return MaskType(self.simd.vector)


def convert(builder: Any, value: ir.Value, target: ir.Type) -> ir.Value:
    """Convert a scalar or a vector to `target`'s elements; floats lose their fraction when they become integers.

    Integers of 8 bits are unsigned, all others signed.
    """
    source = value.type
    count = source.count if isinstance(source, ir.VectorType) else 0
    old = source.element if count else source
    new = target.element if isinstance(target, ir.VectorType) else target

    def shaped(element: ir.Type) -> ir.Type:
        return ir.VectorType(element, count) if count else element

    if old == new:
        return value
    old_integer, new_integer = isinstance(old, ir.IntType), isinstance(new, ir.IntType)
    if old_integer and new_integer:
        if old.width > new.width:
            return builder.trunc(value, shaped(new))
        return (builder.zext if old.width == 8 else builder.sext)(value, shaped(new))
    if old_integer:
        return (builder.uitofp if old.width == 8 else builder.sitofp)(value, shaped(new))
    if new_integer:
        if new.width == 8:  # by way of int32, so that values outside 0..255 wrap as in NumPy
            return builder.trunc(builder.fptosi(value, shaped(I32)), shaped(new))
        return builder.fptosi(value, shaped(new))
    widens = isinstance(new, ir.DoubleType)
    return (builder.fpext if widens else builder.fptrunc)(value, shaped(new))


@dataclass(frozen=True)
class Address:
    """Where elements of some type lie in memory."""

    simd: Simd
    value: ir.Value

    @property
    def element(self) -> ir.Type:
        return self.value.type.pointee

    def at(self, index: ir.Value) -> ir.Value:
        """The address of one element."""
        return self.simd.builder.gep(self.value, [index])

    def vector_at(self, index: ir.Value) -> ir.Value:
        """The address of as many elements as a vector has, starting anywhere."""
        whole = ir.VectorType(self.element, self.simd.vector.lanes)
        return self.simd.builder.bitcast(self.at(index), whole.as_pointer())

    @property
    def alignment(self) -> int:
        """Bytes of one element: all that is known of an address."""
        return bytes_of(self.element)


def bytes_of(element: ir.Type) -> int:
    """Size of an element in memory."""
    if isinstance(element, ir.IntType):
        return int(element.width) // 8
    return 8 if isinstance(element, ir.DoubleType) else 4
