"""binary_cross_entropy: the logistic loss, from logits."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute, exp, log1p, maximum, sigmoid
from graphnet.ir.operator import operator
from graphnet.ops.families.losses import ElementwiseLoss


@operator("binary_cross_entropy", arity=2, kind="loss", category="loss", expects_logits=True)
class BinaryCrossEntropy(ElementwiseLoss):
    """L = mean over all elements of -t log(p) - (1 - t) log(1 - p), with p = sigmoid(x) of the logit x.

    It is computed as max(x, 0) - x t + log1p(exp(-|x|)), which neither overflows nor loses small values. Targets are
    floats of the logits' shape, usually 0 or 1.

    Gradient: gx = (sigmoid(x) - t) / count, gt = -x / count.

    Example:
        `loss: [binary_cross_entropy: label]` after `- linear: 1`, without a sigmoid
    """

    def element(self, x: Expression, t: Expression) -> Expression:
        return maximum(x, 0) - x * t + log1p(exp(-absolute(x)))

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        return sigmoid(x) - t, -x
