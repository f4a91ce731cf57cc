"""leaky_relu: a rectifier that lets a little of the negative side through."""

from __future__ import annotations

from graphnet.ir.expression import Expression, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("leaky_relu", primary="negative_slope", category="activation")
class LeakyReLU(Pointwise):
    """y = x where x > 0, else negative_slope * x.

    Gradient: gx = gy where x > 0, else negative_slope * gy.

    Example:
        `- leaky_relu: 0.2`

    Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    Attributes:
        negative_slope: slope of the negative side.
    """

    negative_slope: float = 0.01

    @kernel
    def forward(x: Expression, negative_slope: float) -> Expression:
        return where(x > 0, x, negative_slope * x)

    @kernel
    def backward(gy: Expression, x: Expression, negative_slope: float) -> Expression:
        return where(x > 0, gy, negative_slope * gy)
