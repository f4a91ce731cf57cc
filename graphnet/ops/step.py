"""step: the threshold unit."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.broadcasting import common_shape


@operator("step", category="activation", saturates=True)
class Step(Operator):
    """y = 1 where x > 0, else 0 (the Heaviside function).

    Gradient: none; it is zero wherever it exists, so nothing before a step learns through it.

    Example:
        `- step`

    Source: McCulloch, Pitts, "A logical calculus of the ideas immanent in nervous activity", 1943.
    """

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (TensorType(common_shape(operands)),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.pointwise("step", lambda x: where(x > 0, 1, 0), *inputs)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (None,)
