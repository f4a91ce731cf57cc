"""arctan: the inverse of the tangent, as an activation."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("arctan", category="activation", saturates=True)
class Arctan(Pointwise):
    """y = arctan(x), between -pi / 2 and pi / 2.

    Gradient: gx = gy / (1 + x^2).

    Example:
        `- arctan`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.arctan(x)

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return gy / (1 + x * x)
