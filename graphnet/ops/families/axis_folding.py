"""What the operators that fold whole axes have in common: which axes, and the shape that is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Fold
from graphnet.ir.expression import Expression, Scalar
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import require_axes, require_floats


class AxisFolding(Operator):
    """An operator that folds all elements along some axes of each sample, by default along all, into one.

    Class attributes:
        fold: how.
    """

    fold: ClassVar[Fold]
    axis: tuple[int, ...] | None
    keepdim: bool

    def axes(self, operand: TensorType) -> tuple[int, ...]:
        """The axes that are folded, counted from the front.

        Raises:
            AttributeProblem: the operand has no such axes.
        """
        return tuple(range(1, operand.rank)) if self.axis is None else require_axes(operand, self.axis)

    def kept(self, operand: TensorType) -> tuple[int, ...]:
        """The other axes."""
        folded = self.axes(operand)
        return tuple(axis for axis in range(operand.rank) if axis not in folded)

    def count(self, operand: TensorType) -> int:
        """How many elements become one."""
        return product(int(operand.shape[axis]) for axis in self.axes(operand))

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        require_floats(x)
        folded = self.axes(x)
        if self.keepdim:
            return (TensorType(tuple(1 if axis in folded else extent for axis, extent in enumerate(x.shape))),)
        return (self._folded(x),)

    def _folded(self, operand: TensorType) -> TensorType:
        """The type without the folded axes."""
        return TensorType(tuple(operand.shape[axis] for axis in self.kept(operand)))

    def finish(self, folded: Expression, count: int) -> Expression:
        """What becomes of the folded number."""
        return folded

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        folded = b.reduce(self.name, self.fold, lambda v: v, x, axes=self.axes(x.type))
        y = b.pointwise(self.name, lambda v: self.finish(v, self.count(x.type)), folded)
        return b.reshape(y, self.infer(x.type)[0].shape, "keepdim") if self.keepdim else y

    def without_unit_axes(self, b: Builder, value: Value, operand: TensorType) -> Value:
        """A value of the output's shape without the axes that `keepdim` leaves."""
        return b.reshape(value, self._folded(operand).shape, "fold") if self.keepdim else value

    def spread(self, b: Builder, function: Callable[..., Scalar], operand: TensorType, *values: Value) -> Value:
        """A function of values for every element of the operand; they have its shape, or lack its folded axes."""
        kept = self.kept(operand)
        axes = [None if value.type.rank == operand.rank else kept for value in values]
        return b.pointwise(f"{self.name}_gradient", function, *values, shape=operand.shape, axes=axes)
