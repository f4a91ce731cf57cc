"""What losses have in common: they compare values of one shape with a target, and never broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import BatchSize, Expression, as_expression
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import require_floats

SCALAR = TensorType(())


def element_count(type: TensorType) -> Expression:
    """How many elements a value has while a step runs."""
    return BatchSize() * type.size if type.is_batched else as_expression(type.size)


def require_target(operands: Sequence[TensorType], wanted: TensorType) -> None:
    """Refuse a target of another type than `wanted`; nothing is broadcast.

    Raises:
        AttributeProblem: the last operand has another shape or element type.
    """
    if len(operands) != 2:
        raise AttributeProblem(
            "cannot compare {operand}", expected="one prediction and one target", found=f"{len(operands)} values",
            code="operands",
        )  # fmt: skip
    if operands[1] != wanted:
        raise AttributeProblem(
            "cannot compare {operand}", expected=f"a target of type {wanted} for a prediction of type {operands[0]}",
            found=str(operands[1]), hint="a loss never broadcasts; give both the same shape", code="target",
        )  # fmt: skip


class ElementwiseLoss(Operator):
    """The sum or mean, over all elements, of a function of a prediction x and a target t of its shape.

    The target may be a value of the network; then it has a gradient too.

    Class attributes:
        averaged: mean, not sum.
    """

    averaged: ClassVar[bool] = True

    def element(self, x: Expression, t: Expression) -> Expression:
        """The loss of one element."""
        raise NotImplementedError

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        """Its derivatives with respect to x and t."""
        raise NotImplementedError

    def target(self, *operands: TensorType) -> TensorType:
        return operands[0]

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_floats(operands[0])
        require_target(operands, operands[0])
        return (SCALAR,)

    def divisor(self, x: TensorType) -> Expression:
        """What the sum is divided by."""
        return element_count(x) if self.averaged else as_expression(1)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, t = inputs
        total = b.reduce(self.name, "sum", self.element, x, t, axes=range(x.type.rank))
        count = self.divisor(x.type)
        return total if count == as_expression(1) else b.pointwise("mean", lambda s: s / count, total)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, t = inputs
        count = self.divisor(x.type)
        share = b.pointwise("share", lambda g: g / count, gradient)

        def slope(k: int) -> Value:
            return b.pointwise(f"{self.name}_gradient", lambda g, x, t: g * self.slopes(x, t)[k], share, x, t)

        return slope(0), slope(1)
