"""softplus: a smooth rectifier."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute, exp, log1p, maximum, sigmoid
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import PositiveReal
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("softplus", primary="beta", category="activation")
class Softplus(Pointwise):
    """y = log(1 + exp(beta * x)) / beta, computed as (max(z, 0) + log1p(exp(-|z|))) / beta with z = beta * x.

    So it neither overflows nor loses small values, and needs no threshold.

    Gradient: gx = gy * sigmoid(beta * x).

    Example:
        `- softplus`

    Source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2000.

    Attributes:
        beta: sharpness of the bend; positive.
    """

    beta: PositiveReal = 1.0

    @kernel
    def forward(x: Expression, beta: float) -> Expression:
        z = x * beta
        return (maximum(z, 0) + log1p(exp(-absolute(z)))) / beta

    @kernel
    def backward(gy: Expression, x: Expression, beta: float) -> Expression:
        return gy * sigmoid(x * beta)
