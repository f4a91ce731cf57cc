"""abs: the absolute value."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel, sign


@operator("abs", category="arithmetic")
class Abs(Pointwise):
    """y = |x|.

    Gradient: gx = gy * sign(x), which is 0 at 0.

    Example:
        `- abs`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return absolute(x)

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return gy * sign(x)
