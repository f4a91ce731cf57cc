"""power: the number to a constant power."""

from __future__ import annotations

from typing import Final

from graphnet.ir import expression
from graphnet.ir.expression import Expression, absolute, as_expression, sqrt, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Real
from graphnet.ops.families.pointwise import Pointwise, kernel

MOST_FACTORS: Final = 32
"""The largest whole exponent that is written out as a product; beyond, logarithms are more accurate."""


@operator("power", primary="exponent", category="arithmetic")
class Power(Pointwise):
    """y = x^exponent. For x below 0 it is a number only if the exponent is whole.

    Whole exponents and halves of odd ones are products and square roots; others are exp(exponent * log(x)).

    Gradient: gx = gy * exponent * x^(exponent - 1), and 0 for the exponent 0.

    Example:
        `- power: 3` or `- power: 0.5`

    Attributes:
        exponent: any finite number.
    """

    exponent: Real

    @kernel
    def forward(x: Expression, exponent: float) -> Expression:
        return _power(x, exponent)

    @kernel
    def backward(gy: Expression, x: Expression, exponent: float) -> Expression:
        return gy * (exponent * _power(x, exponent - 1)) if exponent else as_expression(0)


def _power(x: Expression, exponent: float) -> Expression:
    """x to a power, by the most accurate of the ways that serve."""
    if exponent < 0:
        return 1 / _power(x, -exponent)
    whole, rest = divmod(exponent, 1)
    if whole <= MOST_FACTORS and rest in (0, 0.5):
        root = [sqrt(x)] if rest else []
        return _product([*_squarings(x, int(whole)), *root])
    size = expression.power(absolute(x) if rest == 0 else x, exponent)
    return where(x < 0, -size, size) if whole % 2 == 1 and rest == 0 else size


def _squarings(x: Expression, exponent: int) -> list[Expression]:
    """The factors x, x^2, x^4, ... whose product is x to a whole power."""
    factors = []
    while exponent:
        if exponent % 2:
            factors.append(x)
        x, exponent = x * x, exponent // 2
    return factors


def _product(factors: list[Expression]) -> Expression:
    result = as_expression(1)
    for factor in factors:
        result = result * factor
    return result
