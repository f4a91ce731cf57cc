"""tanh: the hyperbolic tangent."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("tanh", category="activation", saturates=True)
class Tanh(Pointwise):
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Gradient: gx = gy * (1 - y^2); only y is kept.

    Example:
        `- tanh`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return expression.tanh(x)

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return gy * (1 - y * y)
