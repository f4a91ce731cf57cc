"""l2: the sum of squares of parameters."""

from __future__ import annotations

from graphnet.ir.expression import Expression
from graphnet.ir.operator import operator
from graphnet.ops.families.regularisers import Regulariser


@operator("l2", arity=None, kind="regulariser", category="loss")
class L2(Regulariser):
    """L = sum of w^2 over all elements of the parameters; without a factor 1/2.

    So the term `{l2: "*.weight", weight: 1e-4}` does what an optimizer's `weight_decay: 2e-4` does to plain SGD.

    Gradient: gw = 2 w.

    Example:
        `loss: [{l2: "*.weight", weight: 1e-4}]`

    Source: Hoerl, Kennard, "Ridge regression: biased estimation for nonorthogonal problems", 1970.
    """

    def element(self, w: Expression) -> Expression:
        return w * w

    def slope(self, w: Expression) -> Expression:
        return 2 * w
