"""exp: the exponential function."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("exp", category="arithmetic")
class Exp(Pointwise):
    """y = e^x.

    Gradient: gx = gy * y; only y is kept.

    Example:
        `- exp`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.exp(x)

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return gy * y
