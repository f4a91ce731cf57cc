"""identity: the value itself."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator


@operator("identity", category="movement")
class Identity(Operator):
    """y = x; it costs nothing, and gives a value a name.

    Gradient: gx = gy.

    Example:
        `- {identity, name: features}`
    """

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return operands

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return inputs[0]

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (gradient,)
