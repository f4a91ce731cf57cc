"""log_softmax: the logarithm of softmax."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.expression import exp, log
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Whole
from graphnet.ops.families.exponential import AlongAxis, largest_and_sum


@operator("log_softmax", primary="axis", category="normalisation")
class LogSoftmax(AlongAxis):
    """y = x - m - log(sum of exp(x - m) along an axis), with m the largest x.

    Gradient: gx = gy - exp(y) * sum of gy along the axis; only y is kept.

    Example:
        `- log_softmax`

    Attributes:
        axis: the axis to normalise: 1, the channels or features, by default; negative counts from the end.
    """

    axis: Whole = 1

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        axis, kept = self.axes(x.type)
        largest, total = largest_and_sum(b, x, axis)
        logarithm = b.pointwise("logarithm", log, total)
        return b.pointwise("log_softmax", lambda v, m, s: v - m - s, x, largest, logarithm, axes=(None, kept, kept))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        y = outputs[0]
        axis, kept = self.axes(y.type)
        total = b.reduce("gradient_sum", "sum", lambda gy: gy, gradient, axes=(axis,))
        gx = b.pointwise(
            "log_softmax_gradient", lambda gy, y, s: gy - exp(y) * s, gradient, y, total, axes=(None, None, kept)
        )
        return (gx,)
