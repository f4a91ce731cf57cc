"""What the metrics of classification have in common: the class predicted, the one meant, and what they refuse."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.core.diagnostics import AttributeProblem, RunError
from graphnet.core.types import TensorType
from graphnet.ir.metric import Array, MetricDefinition


class Classification(MetricDefinition):
    """A metric of predicted classes and those meant.

    Attributes:
        threshold: of a single score (N, 1, ...), above which it is class 1.
        ignore_index: a label that counts nowhere.
    """

    higher_is_better: ClassVar[bool | None] = True
    classifies: ClassVar[bool] = True

    threshold: float
    ignore_index: int

    def check(self, *values: TensorType) -> None:
        check_classes(self.name, *values)

    def counted(self, scores: Array, target: Array) -> tuple[Array, Array]:
        """The predicted class and the one meant, without what is ignored."""
        predicted, meant = predicted_and_meant(scores, target, self.threshold)
        kept = meant != self.ignore_index
        return predicted[kept], meant[kept]

    def confusion(self, scores: Array, target: Array) -> Array:
        """How often each class was predicted (columns) where each was meant (rows).

        Raises:
            RunError: a label is no class.
        """
        classes = max(2, scores.shape[1])
        predicted, meant = self.counted(scores, target)
        strange = meant[(meant < 0) | (meant >= classes)]
        if strange.size:
            label = int(strange[0])
            raise RunError(
                f"metric '{self.name}' met the label {label}, which is none of the {classes} classes; "
                f"`ignore_index: {label}` would leave it out"
            )
        counts = np.bincount(meant * classes + predicted, minlength=classes * classes)
        return counts.reshape(classes, classes).astype(np.float64)


def check_classes(name: str, scores: TensorType, target: TensorType) -> None:
    """Refuse scores and targets that are no classification.

    Accepted are scores (N, C, ...) against whole numbers (N, ...), and equal shapes of floats: a score for each class
    (N, C, ...) on both sides, or decisions (N, 1) that are 0 or 1.

    Raises:
        AttributeProblem: they are not.
    """
    per_class = scores.rank >= 2 and target.shape == (scores.shape[0], *scores.shape[2:]) and target.dtype != "float"
    decision = scores.rank >= 2 and scores.sample_shape[0] == 1 and target.shape in (scores.shape, scores.shape[:1])
    if per_class or decision or (scores.rank >= 2 and scores.shape == target.shape):
        return
    raise AttributeProblem(
        f"metric '{name}' cannot compare these values", code="metric",
        expected="scores (N, C, ...) and labels (N, ...) in whole numbers, or equal shapes",
        found=f"{scores} and {target}",
    )  # fmt: skip


def predicted_and_meant(scores: Array, target: Array, threshold: float) -> tuple[Array, Array]:
    """The predicted class and the one meant, both as flat whole numbers.

    Args:
        scores: (N, C, ...), the highest wins; or (N, 1), class 1 above the threshold.
        target: labels (N, ...), scores like the predicted ones, or (N, 1) and (N,) for decisions, 1 or else 0 or -1.
        threshold: of decisions.
    """
    if scores.shape[1] == 1:
        labels = np.where(target == -1, 0, target) if target.dtype.kind in "iu" else target > 0.5
        return (scores > threshold).astype(np.int64).ravel(), labels.astype(np.int64).ravel()
    meant = target.argmax(axis=1) if target.shape == scores.shape else target
    return scores.argmax(axis=1).ravel(), meant.astype(np.int64).ravel()
