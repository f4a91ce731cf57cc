"""squared_error: the sum of squared errors."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.losses import ElementwiseLoss


@operator("squared_error", arity=2, kind="loss", category="loss")
class SquaredError(ElementwiseLoss):
    """L = sum over all elements, those of the batch too, of (x - t)^2.

    Gradient: gx = 2 (x - t), gt = -gx.

    Example:
        `loss: [squared_error: target]`, with a target of the prediction's shape
    """

    averaged = False

    def element(self, x: Expression, t: Expression) -> Expression:
        return (x - t) * (x - t)

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        return 2 * (x - t), 2 * (t - x)
