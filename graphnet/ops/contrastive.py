"""contrastive: images and their texts find each other among all pairs of a batch (CLIP)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import BatchSize, Expression, exp, log, minimum, where
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import PositiveReal
from graphnet.ops.families.losses import SCALAR
from graphnet.ops.families.pairs import BY_COLUMN, OWN, PAIRS, ROWS, mixed, require_embeddings, similarities


@operator("contrastive", arity=2, kind="loss", category="loss")
class Contrastive(Operator):
    """L = mean over the N pairs n of (-log softmax over m of s[n, m] - log softmax over m of s[m, n], at m = n) / 2.

    s[n, m] = k x[n] . y[m] are the similarities of all images x with all texts y, both (N, features), of which x[n]
    and y[n] belong together; k = exp(logit_scale) is the inverse of a temperature that is learned. The embeddings
    should have length 1: end both towers with `normalize`. There is no target.

    Gradient: with the probabilities p along rows and q along columns, gs = (p + q - 2 [m = n]) / (2 N), gx[n] = sum
    over m of gs[n, m] k y[m], gy[m] = sum over n of gs[n, m] k x[n], and glogit_scale = sum of gs s. Where k has
    reached max_scale, only what would lower it counts.

    Example:
        `loss: [{contrastive, from: [images, texts], name: similarity}]`

    Source: Radford et al., "Learning transferable visual models from natural language supervision", 2021.

    Attributes:
        max_scale: the largest k.

    Parameters: `logit_scale` (), log(1 / 0.07); weight decay leaves it alone.
    """

    max_scale: PositiveReal = 100.0

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_embeddings(operands)
        return SCALAR, PAIRS, PAIRS, ROWS, ROWS

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        start = Initializer("constant", {"value": math.log(1 / 0.07)})
        return {"logit_scale": ParameterSpec((), start, decay=False)}

    def macs(self, *operands: TensorType) -> int:
        return 2 * operands[0].size

    def _scale(self, logit_scale: Expression) -> Expression:
        return exp(minimum(logit_scale, math.log(self.max_scale)))

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, y, logit_scale = inputs
        scale = b.pointwise("scale", self._scale, logit_scale)
        directions = similarities(b, x, y), similarities(b, y, x)
        logarithms, totals = zip(*(_rows(b, s, scale) for s in directions), strict=True)
        return b.pointwise("mean", lambda p, q: (p + q) / (2 * BatchSize()), *totals), *directions, *logarithms

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, y, logit_scale), (_, *directions, log_x, log_y) = inputs, outputs
        scale = b.pointwise("scale", self._scale, logit_scale)
        share = b.pointwise("share", lambda g, k: g * k / (2 * BatchSize()), gradient, scale)

        def slope(
            s: Expression, row: Expression, column: Expression, scale: Expression, share: Expression
        ) -> Expression:
            return share * (exp(s * scale - row) + exp(s * scale - column) - where(OWN, 2, 0))

        def pairs(s: Value, row: Value, column: Value) -> Value:
            along = (None, (0,), BY_COLUMN, None, None)
            return b.pointwise("similarity_gradient", slope, s, row, column, scale, share, axes=along)

        gs, gs_back = pairs(directions[0], log_x, log_y), pairs(directions[1], log_y, log_x)
        total = b.reduce("scale_gradient", "sum", lambda g, s: g * s, gs, directions[0], axes=(0, 1))

        def bounded(g: Expression, logit_scale: Expression) -> Expression:
            return where((logit_scale >= math.log(self.max_scale)) & (g < 0), 0, g)

        g_scale = b.pointwise("logit_scale_gradient", bounded, total, logit_scale)
        return mixed(b, "contrastive_gradient", gs, y), mixed(b, "contrastive_gradient", gs_back, x), g_scale


def _rows(b: Builder, s: Value, scale: Value) -> tuple[Value, Value]:
    """The logarithm of each row's sum of exponentials, and the sum of the rows' losses."""
    largest = b.reduce("largest", "max", lambda v: v, s, axes=BY_COLUMN)
    total = b.reduce("sum_of_exponentials", "sum", lambda v, m, k: exp((v - m) * k), s, largest, scale, axes=BY_COLUMN)
    partner = b.reduce("partner", "sum", lambda v: where(OWN, v, 0), s, axes=BY_COLUMN)
    logarithm = b.pointwise("logarithm", lambda t, m, k: log(t) + m * k, total, largest, scale)
    loss = b.reduce("contrastive", "sum", lambda z, c, k: z - c * k, logarithm, partner, scale, axes=(0,))
    return logarithm, loss
