"""kl_divergence: how far a distribution lies from the one that is wanted."""

from __future__ import annotations

from typing import Literal

from graphnet.core.types import TensorType
from graphnet.ir.expression import BatchSize, Expression, as_expression, equal, exp, log, where
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag
from graphnet.ops.families.losses import ElementwiseLoss


@operator("kl_divergence", arity=2, kind="loss", category="loss")
class KLDivergence(ElementwiseLoss):
    """L = sum over all elements of t * (log(t) - x), for log-probabilities x and probabilities t, over a count.

    The logarithms x come from `log_softmax`. An element whose t is 0 adds nothing. As in PyTorch, the default
    divides by the number of elements; `batchmean` divides by the number of samples, which is the divergence itself.

    Gradient: gx = -t / count; gt = (log(t) + 1 - x) / count, and 0 where t = 0. With `log_target`, gx = -exp(t) /
    count and gt = exp(t) * (t + 1 - x) / count.

    Example:
        `loss: [{kl_divergence: {target: teacher, reduction: batchmean}}]` after `- log_softmax`

    Source: Kullback, Leibler, "On information and sufficiency", 1951.

    Attributes:
        reduction: `mean` over all elements, `batchmean`, or `sum`.
        log_target: whether the target holds log-probabilities, too.
    """

    reduction: Literal["mean", "batchmean", "sum"] = "mean"
    log_target: Flag = False

    def divisor(self, x: TensorType) -> Expression:
        match self.reduction:
            case "batchmean":
                return BatchSize()
            case "sum":
                return as_expression(1)
            case _:
                return super().divisor(x)

    def element(self, x: Expression, t: Expression) -> Expression:
        return exp(t) * (t - x) if self.log_target else where(equal(t, 0), 0, t * (log(t) - x))

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        if self.log_target:
            return -exp(t), exp(t) * (t + 1 - x)
        return -t, where(equal(t, 0), 0, log(t) + 1 - x)
