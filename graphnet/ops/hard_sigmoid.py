"""hard_sigmoid: the sigmoid in three straight pieces."""

from __future__ import annotations

from graphnet.ir.expression import Expression, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("hard_sigmoid", category="activation", saturates=True)
class HardSigmoid(Pointwise):
    """y = x / 6 + 1 / 2, but at least 0 and at most 1.

    Gradient: gx = gy / 6 where -3 < x < 3, else 0.

    Example:
        `- hard_sigmoid`

    Source: Courbariaux, Bengio, David, "BinaryConnect: training deep neural networks with binary weights during
    propagations", 2015; the slope 1/6 is PyTorch's, and that of Howard et al., "Searching for MobileNetV3", 2019.
    """

    @kernel
    def forward(x: Expression) -> Expression:
        return minimum(maximum(x + 3, 0), 6) / 6

    @kernel
    def backward(gy: Expression, x: Expression) -> Expression:
        return where((x > -3) & (x < 3), gy / 6, 0)
