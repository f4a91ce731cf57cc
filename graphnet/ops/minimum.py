"""minimum: the smallest of values, element by element."""

from __future__ import annotations

from graphnet.ir import expression
from graphnet.ir.operator import operator
from graphnet.ops.families.several import Extremum


@operator("minimum", arity=None, category="arithmetic", commutes=True)
class Minimum(Extremum):
    """y = min(a, b, ...); shapes are equal, or one side is a scalar or per channel.

    Gradient: gy for the operand that is y, else 0; operands that are equal share it.

    Example:
        `- {minimum, from: [left, right]}`
    """

    combine = expression.minimum
