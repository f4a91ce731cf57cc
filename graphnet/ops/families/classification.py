"""What the metrics of classification have in common: the class predicted, the one meant, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType

Array = np.ndarray[Any, Any]


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
        target: labels (N, ...), scores like the predicted ones, or (N, 1) and (N,) for decisions.
        threshold: of decisions.
    """
    if scores.shape[1] == 1:
        labels = target if target.dtype.kind in "iu" else target > 0.5
        return (scores > threshold).astype(np.int64).ravel(), labels.astype(np.int64).ravel()
    meant = target.argmax(axis=1) if target.shape == scores.shape else target
    return scores.argmax(axis=1).ravel(), meant.astype(np.int64).ravel()
