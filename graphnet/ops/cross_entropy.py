"""cross_entropy: the negative log-likelihood of classes, from logits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Coordinate, Expression, Load, as_expression, equal, exp, log, not_equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import NonNegativeReal, Probability, Whole, require_floats
from graphnet.ops.families.losses import SCALAR, require_target

_CLASS = Coordinate("c")


@operator("cross_entropy", arity=2, kind="loss", category="loss", expects_logits=True)
class CrossEntropy(Operator):
    """L = mean of -log softmax(x)[label], for logits (N, C) and labels (N), or (N, C, H, W) and (N, H, W).

    With class weights w and label smoothing s, the loss of one position with label k is
    (1 - s) w[k] (-log p[k]) + s / C * sum over c of w[c] (-log p[c]), and L is the sum of these, divided by the sum
    of w[k]; positions with the label `ignore_index` count in neither. If all are ignored, L is NaN, as PyTorch's. A
    label that is no class makes the loss infinite (or NaN), so that it cannot go unseen.

    Gradient: gx[c] = (a p[c] - (1 - s) w[k] [c = k] - s / C w[c]) / sum of w[k], with a = (1 - s) w[k] + s / C sum w.
    The largest logit and the logarithm of the sum of exponentials of each position are kept.

    Example:
        `loss: [cross_entropy: label]`, or
        `loss: [{cross_entropy: {target: mask, weights: [1, 2.5, 4], ignore_index: 255}}]`

    Source: Bridle, "Training stochastic model recognition algorithms as networks can lead to maximum mutual
    information estimation of parameters", 1990. Label smoothing: Szegedy et al., "Rethinking the inception
    architecture for computer vision", 2015.

    Attributes:
        label_smoothing: the part of the target that is spread over all classes.
        weights: one number a class; 1 each by default. (PyTorch's `weight`; here that scales the term.)
        ignore_index: positions with this label take no part.
    """

    label_smoothing: Probability = 0.0
    weights: Annotated[tuple[NonNegativeReal, ...], Field(min_length=1)] | None = None
    ignore_index: Whole = -100

    def target(self, *operands: TensorType) -> TensorType:
        x = operands[0]
        return TensorType((*x.shape[:1], *x.shape[2:]), "int32")

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        x = operands[0]
        if x.rank not in (2, 4) or not x.is_batched:
            raise AttributeProblem(
                "cannot classify {operand}", expected="logits of rank 2 (N, classes) or 4 (N, classes, H, W)",
                found=str(x), code="rank",
            )  # fmt: skip
        require_floats(x)
        classes = x.sample_shape[0]
        if self.weights is not None and len(self.weights) != classes:
            raise AttributeProblem(
                "needs one weight a class", expected=f"{classes} weights", found=f"{len(self.weights)} weights",
                attribute="weights", code="value",
            )  # fmt: skip
        require_target(operands, self.target(x))
        position = TensorType(self.target(x).shape)
        return (SCALAR, SCALAR, position, position) + ((position,) if self.weights is not None else ())

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, label = inputs
        loops = axis_loops(x.type.shape)
        channel, positions = loops[1], [*loops[:1], *loops[2:]]
        here, there = [Index.of(loop.name) for loop in loops], [Index.of(loop.name) for loop in positions]
        (largest,) = b.fold("largest", positions, [channel], [(x, here)], Result(Load(0), "max"))

        # One pass over the classes: the sum of exponentials, the label's logit, its weight, and what smoothing needs.
        shifted, is_label, weight = Load(0) - Load(2), equal(_CLASS, Load(1)), self._weight(Load(3))
        folds = {
            "exponentials": Result(exp(shifted), "sum"),
            "own": Result(where(is_label, shifted, -math.inf), "max"),
        }
        if self.weights is not None:
            folds["weight"] = Result(where(is_label, weight, 0), "sum")
        if self.label_smoothing:
            folds["all"] = Result(shifted * weight, "sum")
        reads = [(x, here), (label, there), (largest, there)]
        reads += [(value, [Index.of(channel.name)]) for value in self._table(b)]
        made = dict(zip(folds, b.fold("classes", positions, [channel], reads, *folds.values()), strict=True))
        logarithm = b.pointwise("logarithm", log, made.pop("exponentials"))

        # One pass over the positions: their losses and their weights.
        values = {"label": label, "logarithm": logarithm, **made}
        at = {name: Load(slot) for slot, name in enumerate(values)}
        taken = not_equal(at["label"], self.ignore_index)
        loss, weight = self._position_loss(at, x.type.sample_shape[0]), at.get("weight", as_expression(1))
        total, count = b.fold(
            "cross_entropy", [], positions, [(value, there) for value in values.values()],
            Result(where(taken, loss, 0), "sum"), Result(where(taken, weight, 0), "sum"),
        )  # fmt: skip
        mean = b.pointwise("mean", lambda total, count: total / count, total, count)
        return (mean, count, largest, logarithm) + ((made["weight"],) if self.weights is not None else ())

    def _position_loss(self, at: Mapping[str, Expression], classes: int) -> Expression:
        """The loss of one position from the sums over its classes."""
        loss = at.get("weight", as_expression(1)) * (at["logarithm"] - at["own"]) * (1 - self.label_smoothing)
        if self.label_smoothing:
            spread = self.label_smoothing / classes
            loss = loss + (at["logarithm"] * self._total_weight(classes) - at["all"]) * spread
        return loss

    def _table(self, b: Builder) -> list[Value]:
        """The class weights as a tensor, if there are any."""
        return [] if self.weights is None else [b.constant(np.array(self.weights), "weights")]

    def _weight(self, read: Expression) -> Expression:
        """The weight of a class, where `read` is its place in the table."""
        return as_expression(1) if self.weights is None else read

    def _total_weight(self, classes: int) -> float:
        return float(classes) if self.weights is None else sum(self.weights)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, label), (_, count, largest, logarithm, *own_weight) = inputs, outputs
        classes, smoothing = x.type.sample_shape[0], self.label_smoothing
        share = b.pointwise("share", lambda g, count: g / count, gradient, count)

        def slope(
            share: Expression, x: Expression, label: Expression, largest: Expression, logarithm: Expression,
            *weights: Expression,
        ) -> Expression:  # fmt: skip
            own, each = weights or (as_expression(1), as_expression(1))
            probability, own = exp(x - largest - logarithm), own * (1 - smoothing)
            factor = own + smoothing / classes * self._total_weight(classes)
            result = factor * probability - where(equal(_CLASS, label), own, 0)
            if smoothing:
                result = result - each * (smoothing / classes)
            return where(equal(label, self.ignore_index), 0, share * result)

        there = (0, *range(2, x.type.rank))
        operands = [share, x, label, largest, logarithm, *own_weight, *self._table(b)]
        axes = [None, None, there, there, there, *(there for _ in own_weight), *((1,) for _ in own_weight)]
        return b.pointwise("cross_entropy_gradient", slope, *operands, axes=axes), None
