"""Functions of parameters that a loss adds to keep them small."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import require_floats
from graphnet.ops.families.losses import SCALAR


class Regulariser(Operator):
    """The sum of a function of every element of every operand, which are parameters."""

    def element(self, w: Expression) -> Expression:
        """The function."""
        raise NotImplementedError

    def slope(self, w: Expression) -> Expression:
        """Its derivative."""
        raise NotImplementedError

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        for operand in operands:
            require_floats(operand)
        return (SCALAR,)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        totals = [b.reduce(self.name, "sum", self.element, w, axes=range(w.type.rank)) for w in inputs]
        return totals[0] if len(totals) == 1 else b.pointwise("total", lambda *x: sum(x[1:], start=x[0]), *totals)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        label = f"{self.name}_gradient"
        return tuple(b.pointwise(label, lambda w, g: g * self.slope(w), w, gradient) for w in inputs)
