"""huber: squared error for small differences, absolute error for large ones."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute, maximum, minimum, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import PositiveReal
from graphnet.ops.families.losses import ElementwiseLoss


@operator("huber", arity=2, kind="loss", category="loss")
class Huber(ElementwiseLoss):
    """L = mean over all elements of d^2 / 2 where |d| <= delta, else delta * (|d| - delta / 2), with d = x - t.

    Gradient: gx = min(max(d, -delta), delta) / count, gt = -gx.

    Example:
        `loss: [huber: target]` or `loss: [{huber: {target: target, delta: 0.5}}]`

    Source: Huber, "Robust estimation of a location parameter", 1964.

    Attributes:
        delta: the difference from which on the loss is a straight line; positive.
    """

    delta: PositiveReal = 1.0

    def element(self, x: Expression, t: Expression) -> Expression:
        size = absolute(x - t)
        return where(size <= self.delta, 0.5 * size * size, self.delta * (size - 0.5 * self.delta))

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        def bounded(difference: Expression) -> Expression:
            return minimum(maximum(difference, -self.delta), self.delta)

        return bounded(x - t), bounded(t - x)
