"""hard_tanh: the number itself between two bounds."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.expression import Expression, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Real
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("hard_tanh", category="activation", saturates=True)
class HardTanh(Pointwise):
    """y = x, but at least min_val and at most max_val.

    Gradient: gx = gy where min_val < y < max_val, else 0; only y is kept. (`clip` lets the gradient through at its
    bounds, too.)

    Example:
        `- hard_tanh` or `- hard_tanh: {min_val: 0, max_val: 20}`

    Source: Collobert, "Large scale machine learning", 2004.

    Attributes:
        min_val: the lower bound.
        max_val: the upper bound; above the lower one.
    """

    min_val: Real = -1.0
    max_val: Real = 1.0

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        if self.min_val >= self.max_val:
            raise AttributeProblem(
                "has bounds in the wrong order", expected="`min_val` below `max_val`", attribute="max_val",
                found=f"min_val: {self.min_val:g}, max_val: {self.max_val:g}", code="value",
            )  # fmt: skip
        return super().infer(*operands)

    @kernel
    def forward(x: Expression, min_val: float, max_val: float) -> Expression:
        return minimum(maximum(x, min_val), max_val)

    @kernel
    def backward(gy: Expression, y: Expression, min_val: float, max_val: float) -> Expression:
        return where((y > min_val) & (y < max_val), gy, 0)
