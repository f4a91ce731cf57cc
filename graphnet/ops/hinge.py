"""hinge: the multi-class support vector machine's loss."""

from __future__ import annotations

import math

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import BatchSize, Coordinate, Expression, equal, maximum, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import PositiveReal, require_rank
from graphnet.ops.families.losses import SCALAR, require_target

_CLASS = Coordinate("c")


@operator("hinge", arity=2, kind="loss", category="loss", expects_logits=True)
class Hinge(Operator):
    """L = mean over samples of the sum over wrong classes j of max(0, x[j] - x[label] + margin), for scores (N, C).

    (PyTorch's `multi_margin_loss` divides by C too.) A label that is no class makes the loss infinite.

    Gradient: gx[j] = [x[j] - x[label] + margin > 0] / N for a wrong class j, and minus their sum for the label's.

    Example:
        `loss: [hinge: label]` after `- linear: 10`

    Source: Weston, Watkins, "Support vector machines for multi-class pattern recognition", 1999.

    Attributes:
        margin: by how much the label's score must exceed the others.
    """

    margin: PositiveReal = 1.0

    def target(self, *operands: TensorType) -> TensorType:
        return TensorType.batched(dtype="int32")

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 2, "N, classes")
        require_target(operands, self.target(operands[0]))
        return SCALAR, TensorType.batched()

    def _excess(self, x: Expression, label: Expression, score: Expression) -> Expression:
        """By how much class c comes too close; 0 for the label's own."""
        return where(equal(_CLASS, label), 0, maximum(x - score + self.margin, 0))

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, label = inputs
        per_sample = (None, (0,), (0,))

        def own(x: Expression, label: Expression) -> Expression:
            return where(equal(_CLASS, label), x, -math.inf)

        score = b.reduce("label_score", "max", own, x, label, axes=(1,), operand_axes=(None, (0,)))
        total = b.reduce("hinge", "sum", self._excess, x, label, score, axes=(0, 1), operand_axes=per_sample)
        return b.pointwise("mean", lambda s: s / BatchSize(), total), score

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, label), score = inputs, outputs[1]

        def violates(x: Expression, label: Expression, score: Expression) -> Expression:
            return where(self._excess(x, label, score) > 0, 1, 0)

        def slope(
            g: Expression, x: Expression, label: Expression, score: Expression, violations: Expression
        ) -> Expression:
            return g * where(equal(_CLASS, label), -violations, violates(x, label, score))

        per_sample = (None, (0,), (0,))
        violations = b.reduce("violations", "sum", violates, x, label, score, axes=(1,), operand_axes=per_sample)
        share = b.pointwise("share", lambda g: g / BatchSize(), gradient)
        axes = (None, None, (0,), (0,), (0,))
        return b.pointwise("hinge_gradient", slope, share, x, label, score, violations, axes=axes), None
