"""What the operators that drop at random have in common."""

from __future__ import annotations

from typing import ClassVar

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import Probability, require_floats


class Dropping(Operator):
    """y = 0 where u < p, else x / (1 - p), with random numbers u that are computed again for the gradient.

    Class attributes:
        axes: how many of the leading axes have numbers u of their own; None for all.
    """

    p: Probability
    axes: ClassVar[int | None] = None

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_floats(operands[0])
        return operands[0], operands[0]

    def _drop(self, x: Expression, u: Expression) -> Expression:
        factor = 1 / (1 - self.p) if self.p < 1 else 0.0
        return where(u < self.p, 0, x * factor)

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        (x,) = inputs
        if not b.training or self.p == 0:
            return x, x
        u = b.uniform(x.type.shape, axes=self.axes)
        return b.pointwise(self.name, self._drop, x, u), u

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        if not b.training or self.p == 0:
            return (gradient,)
        return (b.pointwise(f"{self.name}_gradient", self._drop, gradient, outputs[1]),)
