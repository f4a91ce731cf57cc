"""softmax: positive numbers that sum to one."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.expression import exp
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Whole
from graphnet.ops.families.exponential import AlongAxis, largest_and_sum


@operator("softmax", primary="axis", category="normalisation", saturates=True)
class Softmax(AlongAxis):
    """y = exp(x - m) / sum of exp(x - m) along an axis, with m the largest x.

    Gradient: gx = y * (gy - sum of gy * y along the axis); only y is kept.

    Example:
        `- softmax` or `- softmax: {axis: -1}`

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Attributes:
        axis: where the numbers sum to one: 1, the channels or features, by default; negative counts from the end.
    """

    axis: Whole = 1

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        axis, kept = self.axes(x.type)
        largest, total = largest_and_sum(b, x, axis)
        return b.pointwise("softmax", lambda v, m, s: exp(v - m) / s, x, largest, total, axes=(None, kept, kept))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        y = outputs[0]
        axis, kept = self.axes(y.type)
        mean = b.reduce("weighted_gradient", "sum", lambda gy, y: gy * y, gradient, y, axes=(axis,))
        gx = b.pointwise(
            "softmax_gradient", lambda gy, y, mean: y * (gy - mean), gradient, y, mean, axes=(None, None, kept)
        )
        return (gx,)
