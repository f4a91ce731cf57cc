"""normalize: vectors of length one."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import NonNegativeReal, Whole
from graphnet.ops.families.exponential import AlongAxis
from graphnet.ops.families.lengths import normalised, normalised_gradient


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
        return normalised(b, inputs[0], self.axes(inputs[0].type)[0], self.eps)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        y, norm = outputs
        return (normalised_gradient(b, gradient, y, norm, self.axes(y.type)[0], self.eps),)
