"""celu: the exponential linear unit with a slope that is continuous for every alpha."""

from __future__ import annotations

from graphnet.ir.expression import Expression, expm1, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import PositiveReal
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("celu", primary="alpha", category="activation")
class CELU(Pointwise):
    """y = x where x > 0, else alpha * (exp(x / alpha) - 1).

    Gradient: gx = gy where y > 0, else gy * (y / alpha + 1); only y is kept.

    Example:
        `- celu` or `- celu: 0.5`

    Source: Barron, "Continuously differentiable exponential linear units", 2017.

    Attributes:
        alpha: minus the value that large negative numbers approach; positive.
    """

    alpha: PositiveReal = 1.0

    @kernel
    def forward(x: Expression, alpha: float) -> Expression:
        return where(x > 0, x, alpha * expm1(x / alpha))

    @kernel
    def backward(gy: Expression, y: Expression, alpha: float) -> Expression:
        return where(y > 0, gy, gy * (y / alpha + 1))
