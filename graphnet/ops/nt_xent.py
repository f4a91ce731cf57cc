"""nt_xent: two views of one thing are alike, and unlike all others (SimCLR)."""

from __future__ import annotations

import math

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import BatchSize, Expression, exp, log, maximum, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import PositiveReal
from graphnet.ops.families.lengths import normalised, normalised_gradient
from graphnet.ops.families.losses import SCALAR
from graphnet.ops.families.pairs import BY_COLUMN, OWN, PAIRS, ROWS, mixed, require_embeddings, similarities

SHORTEST = 1e-8
"""Shorter embeddings are divided by this instead of by their length, as in PyTorch's cosine_similarity."""


@operator("nt_xent", arity=2, kind="loss", category="loss", primary="temperature")
class NTXent(Operator):
    """L = mean over the 2 N views i, with partner j, of log(sum over k except i of exp(s[i, k] / T)) - s[i, j] / T.

    The normalised, temperature-scaled cross entropy. The views are the rows of the operands, a and b, both
    (N, features): a[n] and b[n] are partners. s is the cosine of the angle between two of them, so lengths do not
    matter. All other samples of the batch serve as what a view is not: larger batches make for a harder task, and
    batches that are accumulated for one update do not see each other. There is no target.

    Gradient: with the probabilities p[i, k] = exp(s[i, k] / T) / (sum over k except i), gs[i, k] = (p[i, k] - [k = j])
    / (2 N T) and gz[i] = sum over k of (gs[i, k] + gs[k, i]) z[k] for the normalised rows z = x / |x|, and
    gx = (gz - z (z . gz)) / |x|. Lengths, cosines and sums of exponentials are kept.

    Example:
        `loss: [{nt_xent: {temperature: 0.1}, from: [view1, view2]}]`

    Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual representations",
    2020.

    Attributes:
        temperature: T; the smaller, the more the nearest others count.
    """

    temperature: PositiveReal = 0.5

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_embeddings(operands)
        return SCALAR, *(2 * (operands[0], ROWS, PAIRS, PAIRS, ROWS))

    def macs(self, *operands: TensorType) -> int:
        return 4 * operands[0].size

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        views = [normalised(b, x, 1, SHORTEST) for x in inputs]
        totals, kept = [], []
        for (z, norm), (partner, _) in zip(views, reversed(views), strict=True):
            same, cross = similarities(b, z, z), similarities(b, z, partner)
            logarithm, loss = self._rows(b, same, cross)
            totals.append(b.reduce("nt_xent", "sum", lambda v: v, loss, axes=(0,)))
            kept += [z, norm, same, cross, logarithm]
        return b.pointwise("mean", lambda x, y: (x + y) / (2 * BatchSize()), *totals), *kept

    def _rows(self, b: Builder, same: Value, cross: Value) -> tuple[Value, Value]:
        """The logarithm of each row's sum of exponentials, and its loss."""
        largest = b.reduce(
            "largest", "max", lambda s, c: maximum(where(OWN, -math.inf, s), c), same, cross, axes=BY_COLUMN
        )
        total = b.reduce(
            "sum_of_exponentials", "sum",
            lambda s, c, m: where(OWN, 0, self._exp(s - m)) + self._exp(c - m), same, cross, largest, axes=BY_COLUMN,
        )  # fmt: skip
        partner = b.reduce("partner", "sum", lambda c: where(OWN, c, 0), cross, axes=BY_COLUMN)
        logarithm = b.pointwise("logarithm", lambda t, m: log(t) + m / self.temperature, total, largest)
        return logarithm, b.pointwise("row", lambda z, c: z - c / self.temperature, logarithm, partner)

    def _exp(self, similarity: Expression) -> Expression:
        return exp(similarity / self.temperature)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        views = outputs[1:6], outputs[6:]
        share = b.pointwise("share", lambda g: g / (2 * self.temperature * BatchSize()), gradient)
        along = (None, (0,), BY_COLUMN, None)

        def pull(s: Expression, row: Expression, column: Expression, share: Expression) -> Expression:
            """How strongly two views of one side repel each other, from both ends."""
            return where(OWN, 0, share * (self._p(s, row) + self._p(s, column)))

        def push(s: Expression, row: Expression, column: Expression, share: Expression) -> Expression:
            """The same for two views of two sides, of which partners attract each other."""
            return share * (self._p(s, row) + self._p(s, column) - where(OWN, 2, 0))

        found = []
        for (z, norm, same, cross, logarithm), (partner, *_, other) in zip(views, reversed(views), strict=True):
            within = b.pointwise("similarity_gradient", pull, same, logarithm, logarithm, share, axes=along)
            across = b.pointwise("similarity_gradient", push, cross, logarithm, other, share, axes=along)
            gz = b.add(mixed(b, "nt_xent_gradient", within, z), mixed(b, "nt_xent_gradient", across, partner))
            found.append(normalised_gradient(b, gz, z, norm, 1, SHORTEST))
        return tuple(found)

    def _p(self, similarity: Expression, logarithm: Expression) -> Expression:
        """The probability of a pair, among all of a row or column."""
        return exp(similarity / self.temperature - logarithm)
