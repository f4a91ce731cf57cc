"""relu6: the rectifier, with an upper bound."""

from __future__ import annotations

from graphnet.ir.expression import Expression, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("relu6", category="activation")
class ReLU6(Pointwise):
    """y = x, but at least 0 and at most 6.

    Gradient: gx = gy where 0 < y < 6, else 0; only y is kept.

    Example:
        `- relu6`

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return minimum(maximum(x, 0), 6)

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return where((y > 0) & (y < 6), gy, 0)
