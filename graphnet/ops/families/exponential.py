"""Sums of exponentials along an axis, free of overflow: what softmax and its logarithm have in common."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import exp
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import Whole, require_axis, require_floats


def other_axes(type: TensorType, axis: int) -> tuple[int, ...]:
    """The axes of a value that was reduced over `axis`, as axes of the whole."""
    return tuple(k for k in range(type.rank) if k != axis)


def largest_and_sum(b: Builder, x: Value, axis: int) -> tuple[Value, Value]:
    """The largest element m along an axis, and the sum of exp(x - m), of which one is 1 and none is more."""
    kept = other_axes(x.type, axis)
    largest = b.reduce("largest", "max", lambda v: v, x, axes=(axis,))
    total = b.reduce(
        "sum_of_exponentials", "sum", lambda v, m: exp(v - m), x, largest, axes=(axis,), operand_axes=(None, kept)
    )
    return largest, total


class AlongAxis(Operator):
    """An operator whose output has the type of its operand, and that normalises along one axis."""

    axis: Whole

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_floats(operands[0])
        require_axis(operands[0], self.axis)
        return (operands[0],)

    def axes(self, type: TensorType) -> tuple[int, tuple[int, ...]]:
        """The axis counted from the front, and the other axes."""
        axis = require_axis(type, self.axis)
        return axis, other_axes(type, axis)
