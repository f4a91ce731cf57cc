"""normalize: vectors of length one."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, maximum, sqrt, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import NonNegativeReal, Whole
from graphnet.ops.families.exponential import AlongAxis


@operator("normalize", primary="axis", category="normalisation")
class Normalize(AlongAxis):
    """y = x / max(norm, eps), with norm = sqrt(sum of x^2 along an axis).

    Gradient: gx = (gy - y * sum of gy * y along the axis) / norm, and gy / eps where the norm is less than eps. The
    norm is kept.

    Example:
        `- normalize` or `- normalize: {axis: -1, eps: 1e-6}`

    Attributes:
        axis: along which the vectors lie: 1, the channels or features, by default; negative counts from the end.
        eps: the least number to divide by.
    """

    axis: Whole = 1
    eps: NonNegativeReal = 1e-12

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = super().infer(*operands)
        axis, _ = self.axes(x)
        return x, TensorType((*x.shape[:axis], *x.shape[axis + 1 :]))

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        (x,) = inputs
        axis, kept = self.axes(x.type)
        norm = b.pointwise("norm", sqrt, b.reduce("sum_of_squares", "sum", lambda v: v * v, x, axes=(axis,)))
        return b.pointwise("normalize", lambda v, n: v / maximum(n, self.eps), x, norm, axes=(None, kept)), norm

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        y, norm = outputs
        axis, kept = self.axes(y.type)
        along = b.reduce("gradient_along", "sum", lambda gy, y: gy * y, gradient, y, axes=(axis,))

        def across(gy: Expression, y: Expression, along: Expression, n: Expression) -> Expression:
            return (gy - where(n < self.eps, 0, y * along)) / maximum(n, self.eps)

        return (b.pointwise("normalize_gradient", across, gradient, y, along, norm, axes=(None, None, kept, kept)),)
