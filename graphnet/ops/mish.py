"""mish: the number times the hyperbolic tangent of its softplus."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute, exp, sigmoid, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("mish", category="activation")
class Mish(Pointwise):
    """y = x * w, with w = tanh(log(1 + exp(x))).

    Since tanh(log(u)) = (u^2 - 1) / (u^2 + 1), w is a ratio of polynomials of exp(-|x|), which never overflows.

    Gradient: gx = gy * (w + x * (1 - w^2) * sigmoid(x)).

    Example:
        `- mish`

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return x * _weight(x)

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        w = _weight(x)
        return gy * (w + x * (1 - w * w) * sigmoid(x))


def _weight(x: Expression) -> Expression:
    """tanh(log(1 + exp(x))), from e = exp(-|x|): (1 + 2 e) / (1 + 2 e + 2 e^2), or e (e + 2) / (e (e + 2) + 2)."""
    e = exp(-absolute(x))
    is_positive = x > 0
    above = where(is_positive, 1 + 2 * e, e * (e + 2))
    return above / (above + where(is_positive, 2 * e * e, 2))
