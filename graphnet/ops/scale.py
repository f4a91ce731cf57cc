"""scale: a multiple of the value, moved by a number."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Real
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("scale", primary="factor", category="arithmetic")
class Scale(Pointwise):
    """y = factor * x + offset.

    Gradient: gx = factor * gy.

    Example:
        `- scale: 0.5` or `- scale: {factor: 2, offset: -1}`

    Attributes:
        factor: what x is multiplied by.
        offset: what is added then.
    """

    factor: Real
    offset: Real = 0.0

    @kernel
    def forward(x: Expression, factor: float, offset: float) -> Expression:
        return x * factor + offset

    @kernel
    def backward(gy: Expression, factor: float) -> Expression:
        return gy * factor
