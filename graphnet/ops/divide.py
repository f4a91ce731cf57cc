"""divide: the quotient of two values."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("divide", arity=2, category="arithmetic")
class Divide(Pointwise):
    """y = left / right; shapes are equal, or one side is a scalar or per channel.

    Gradient: gy / right and -gy * y / right, summed where an operand was broadcast.

    Example:
        `- {divide, from: [features, norm]}`
    """

    @kernel
    def forward(left: Expression, right: Expression) -> Expression:
        return left / right

    @kernel
    def backward(gy: Expression, y: Expression, right: Expression) -> tuple[Expression, Expression]:
        return gy / right, -(gy * y / right)
