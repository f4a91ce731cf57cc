"""sigmoid: the logistic function."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("sigmoid", category="activation", saturates=True)
class Sigmoid(Pointwise):
    """y = 1 / (1 + exp(-x)).

    Gradient: gx = gy * y * (1 - y); only y is kept.

    Example:
        `- sigmoid`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.sigmoid(x)

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return gy * y * (1 - y)
