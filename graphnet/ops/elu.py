"""elu: the exponential linear unit."""

from __future__ import annotations

from graphnet.ir.expression import Expression, expm1, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import NonNegativeReal
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("elu", primary="alpha", category="activation")
class ELU(Pointwise):
    """y = x where x > 0, else alpha * (exp(x) - 1).

    Gradient: gx = gy where y > 0, else gy * (y + alpha); only y is kept.

    Example:
        `- elu` or `- elu: 0.5`

    Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear units
    (ELUs)", 2015.

    Attributes:
        alpha: minus the value that large negative numbers approach; at least 0.
    """

    alpha: NonNegativeReal = 1.0

    @kernel
    def forward(x: Expression, alpha: float) -> Expression:
        return where(x > 0, x, alpha * expm1(x))

    @kernel
    def backward(gy: Expression, y: Expression, alpha: float) -> Expression:
        return where(y > 0, gy, gy * (y + alpha))
