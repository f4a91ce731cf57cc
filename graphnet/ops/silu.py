"""silu: the number times its sigmoid, also known as swish."""

from __future__ import annotations

from graphnet.ir.expression import Expression, sigmoid
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("silu", category="activation")
class SiLU(Pointwise):
    """y = x * s(x), with s(x) = 1 / (1 + exp(-x)).

    Gradient: gx = gy * s(x) * (1 + x * (1 - s(x))).

    Example:
        `- silu`

    Source: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", 2018; Ramachandran, Zoph, Le, "Searching for activation functions", 2017.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return x * sigmoid(x)

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        s = sigmoid(x)
        return gy * (s * (1 + x * (1 - s)))
