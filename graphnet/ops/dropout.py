"""dropout: some elements become zero in training."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Probability, require_floats


@operator("dropout", primary="p", category="regularisation")
class Dropout(Operator):
    """y = 0 where u < p, else x / (1 - p), with u uniform in [0, 1); in a prediction y = x.

    The numbers u come from a counter-based generator, keyed by seed, step and layer, so they are the same for any
    number of threads, and can be computed again instead of being kept.

    Gradient: gx = 0 where u < p, else gy / (1 - p).

    Example:
        `- dropout: 0.2`

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Attributes:
        p: probability that an element becomes zero.
    """

    p: Probability = 0.5

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
        u = b.uniform(x.type.shape)
        return b.pointwise("dropout", self._drop, x, u), u

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        if not b.training or self.p == 0:
            return (gradient,)
        return (b.pointwise("dropout_gradient", self._drop, gradient, outputs[1]),)
