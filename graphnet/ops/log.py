"""log: the natural logarithm."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("log", category="arithmetic")
class Log(Pointwise):
    """y = log(x), to the base e: minus infinity at 0, NaN below.

    Gradient: gx = gy / x.

    Example:
        `- log`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.log(x)

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return gy / x
