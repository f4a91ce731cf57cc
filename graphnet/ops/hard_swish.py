"""hard_swish: the number times its hard sigmoid."""

from __future__ import annotations

from graphnet.ir.expression import Expression, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("hard_swish", category="activation")
class HardSwish(Pointwise):
    """y = x * h(x), with h(x) = min(max(x + 3, 0), 6) / 6: 0 up to -3, and x from 3 on.

    Gradient: gx = gy * (x / 3 + 1 / 2) where -3 < x < 3, gy above, 0 below.

    Example:
        `- hard_swish`

    Source: Howard et al., "Searching for MobileNetV3", 2019.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return x * minimum(maximum(x + 3, 0), 6) / 6

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return where(x < 3, where(x > -3, gy * (x / 3 + 0.5), 0), gy)
