"""selu: the self-normalising exponential linear unit."""

from __future__ import annotations

from graphnet.ir.expression import Expression, expm1, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel

ALPHA, SCALE = 1.6732632423543772848, 1.0507009873554804934
"""The fixed point of the paper: mean 0 and variance 1 go through a layer unchanged."""


@operator("selu", category="activation")
class SELU(Pointwise):
    """y = scale * x where x > 0, else scale * alpha * (exp(x) - 1), with scale = 1.0507... and alpha = 1.6733...

    Gradient: gx = scale * gy where y > 0, else gy * (y + scale * alpha); only y is kept.

    Example:
        `- selu`

    Source: Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", 2017.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return where(x > 0, SCALE * x, SCALE * ALPHA * expm1(x))

    @kernel
    def backward(gy: Expression, y: Expression) -> Expression:
        return where(y > 0, SCALE * gy, gy * (y + SCALE * ALPHA))
