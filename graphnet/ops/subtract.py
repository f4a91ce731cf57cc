"""subtract: the difference of two values."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("subtract", arity=2, category="arithmetic")
class Subtract(Pointwise):
    """y = left - right; shapes are equal, or one side is a scalar or per channel.

    Gradient: gy and -gy, summed where an operand was broadcast.

    Example:
        `- {subtract, from: [image, mean]}`
    """

    @kernel
    def forward(left: Expression, right: Expression) -> Expression:
        return left - right

    @kernel
    def backward(gy: Expression) -> tuple[Expression, Expression]:
        return gy, -gy
