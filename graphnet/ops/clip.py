"""clip: bounds."""

from __future__ import annotations

import math

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.expression import Expression, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Real
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("clip", category="arithmetic")
class Clip(Pointwise):
    """y = x, but at least min and at most max; one of the two may be left out.

    Gradient: gx = gy where min <= x <= max, else 0.

    Example:
        `- clip: {min: 0, max: 1}` or `- clip: {min: 1e-6}`

    Attributes:
        min: the lower bound, or none.
        max: the upper bound, or none; not below the lower one.
    """

    min: Real | None = None
    max: Real | None = None

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        if self.min is None and self.max is None:
            raise AttributeProblem("has no bounds", expected="`min`, `max` or both", found="neither", code="value")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise AttributeProblem(
                "has bounds in the wrong order", expected="`min` not above `max`", attribute="max",
                found=f"min: {self.min:g}, max: {self.max:g}", code="value",
            )  # fmt: skip
        return super().infer(*operands)

    @kernel
    def forward(x: Expression, min: float | None, max: float | None) -> Expression:
        bounded = x if min is None else maximum(x, min)
        return bounded if max is None else minimum(bounded, max)

    @kernel
    def backward(gy: Expression, x: Expression, min: float | None, max: float | None) -> Expression:
        low, high = (-math.inf if min is None else min), (math.inf if max is None else max)
        return where((x >= low) & (x <= high), gy, 0)
