"""relu: the rectifier."""

from __future__ import annotations

from graphnet.ir.expression import Expression, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("relu", category="activation")
class ReLU(Pointwise):
    """y = max(x, 0).

    Gradient: gx = gy where y > 0, else 0; only y is kept.

    Example:
        `- relu`

    Source: Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return where(x < 0, 0, x)  # not the larger of both: NaN must survive

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return where(y > 0, gy, 0)
