"""softsign: a sigmoid that saturates slowly."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("softsign", category="activation", saturates=True)
class Softsign(Pointwise):
    """y = x / (1 + |x|).

    Gradient: gx = gy / (1 + |x|)^2.

    Example:
        `- softsign`

    Source: Bergstra, Desjardins, Lamblin, Bengio, "Quadratic polynomials learn better image features", 2009.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return x / (1 + absolute(x))

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        size = 1 + absolute(x)
        return gy / (size * size)
