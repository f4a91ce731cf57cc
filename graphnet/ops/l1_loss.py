"""l1_loss: the mean absolute error."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute
from graphnet.ir.operator import operator
from graphnet.ops.families.losses import ElementwiseLoss
from graphnet.ops.families.pointwise import sign


@operator("l1_loss", arity=2, kind="loss", category="loss")
class L1Loss(ElementwiseLoss):
    """L = mean over all elements of |x - t|.

    Gradient: gx = sign(x - t) / count, which is 0 where x = t; gt = -gx.

    Example:
        `loss: [l1_loss: target]`, with a target of the prediction's shape
    """

    def element(self, x: Expression, t: Expression) -> Expression:
        return absolute(x - t)

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        return sign(x - t), sign(t - x)
