"""square: the number times itself."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("square", category="arithmetic")
class Square(Pointwise):
    """y = x^2.

    Gradient: gx = 2 x * gy.

    Example:
        `- square`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return x * x

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return gy * (2 * x)
