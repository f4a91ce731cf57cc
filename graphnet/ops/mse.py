"""mse: the mean squared error."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.losses import ElementwiseLoss


@operator("mse", arity=2, kind="loss", category="loss")
class MeanSquaredError(ElementwiseLoss):
    """L = mean over all elements of (x - t)^2.

    Gradient: gx = 2 (x - t) / count, gt = -gx.

    Example:
        `loss: [mse: target]`, with a target of the prediction's shape
    """

    def element(self, x: Expression, t: Expression) -> Expression:
        return (x - t) * (x - t)

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        return 2 * (x - t), 2 * (t - x)
