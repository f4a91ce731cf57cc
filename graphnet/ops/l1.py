"""l1: the sum of absolute values of parameters."""

from __future__ import annotations

from graphnet.ir.expression import Expression, absolute, where
from graphnet.ir.operator import operator
from graphnet.ops.families.regularisers import Regulariser


@operator("l1", arity=None, kind="regulariser", category="loss")
class L1(Regulariser):
    """L = sum of |w| over all elements of the parameters.

    Gradient: gw = the sign of w, which is 0 at 0.

    Example:
        `loss: [{l1: "*.weight", weight: 1e-5}]`

    Source: Tibshirani, "Regression shrinkage and selection via the lasso", 1996.
    """

    def element(self, w: Expression) -> Expression:
        return absolute(w)

    def slope(self, w: Expression) -> Expression:
        return where(w > 0, 1, where(w < 0, -1, 0))
