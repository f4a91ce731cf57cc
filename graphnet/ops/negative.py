"""negative: the value with the other sign."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("negative", category="arithmetic")
class Negative(Pointwise):
    """y = -x.

    Gradient: gx = -gy.

    Example:
        `- negative`
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return -x

    @kernel
    def backward(gy: Expression) -> Expression:
        return -gy
