"""sqrt: the square root."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("sqrt", category="arithmetic")
class Sqrt(Pointwise):
    """y = sqrt(x); NaN below 0.

    Gradient: gx = gy / (2 y), which is infinite at 0; only y is kept.

    Example:
        `- sqrt`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.sqrt(x)

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return gy / (2 * y)
