"""gelu: the Gaussian error linear unit."""

from __future__ import annotations

import math
from typing import Literal

from graphnet.ir.expression import Expression, erf, exp, tanh
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel

CUBIC = 0.044715
"""The weight of x^3 in the approximation, as the paper has it."""


@operator("gelu", primary="approximate", category="activation")
class GELU(Pointwise):
    """y = x * P(x), where P(x) = (1 + erf(x / sqrt(2))) / 2 is the normal distribution's function.

    With `approximate: tanh`, P(x) = (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 * x^3).

    Gradient: gx = gy * (P(x) + x * P'(x)), where P'(x) = exp(-x^2 / 2) / sqrt(2 pi) is the density, or with
    `approximate: tanh`, P'(x) = (1 - tanh(u)^2) / 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * x^2).

    Example:
        `- gelu` or `- gelu: tanh`

    Source: Hendrycks, Gimpel, "Gaussian error linear units (GELUs)", 2016.

    Attributes:
        approximate: `none`, or `tanh` for networks that were trained with the approximation (GPT-2).
    """

    approximate: Literal["none", "tanh"] = "none"

    @kernel
    def forward(x: Expression, approximate: str) -> Expression:
        return x * _distribution(x, approximate)[0]

    @kernel
    def backward(gy: Expression, x: Expression, approximate: str) -> Expression:
        distribution, density = _distribution(x, approximate)
        return gy * (distribution + x * density)


def _distribution(x: Expression, approximate: str) -> tuple[Expression, Expression]:
    """The normal distribution's function and its density, or their approximations."""
    if approximate == "none":
        return 0.5 * (1 + erf(x * math.sqrt(0.5))), exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    slope = math.sqrt(2 / math.pi)
    bent = tanh(slope * (x + CUBIC * x * x * x))
    return 0.5 * (1 + bent), 0.5 * (1 - bent * bent) * slope * (1 + 3 * CUBIC * x * x)
