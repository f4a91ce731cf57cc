"""top_k: the share of samples whose class is among the k highest scores."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array, MetricDefinition
from graphnet.ir.settings import Count


@METRICS.register("top_k", primary="target")
class TopK(MetricDefinition):
    """Samples whose class has one of the k highest scores, over all samples.

    Among equal scores the lower class goes first, so that `k: 1` is the accuracy.

    Example:
        `metrics: [accuracy, top_k]` or `metrics: [{top_k: {target: label, k: 3}}]`

    Attributes:
        k: how many guesses there are.
        ignore_index: a label that counts neither way.
    """

    higher_is_better: ClassVar[bool] = True
    classifies: ClassVar[bool] = True

    k: Count = 5
    ignore_index: int = -100

    def check(self, *values: TensorType) -> None:
        scores, target = values
        if scores.rank < 2 or target.dtype == "float" or target.shape != (scores.shape[0], *scores.shape[2:]):
            raise AttributeProblem(
                "metric 'top_k' cannot compare these values", code="metric",
                expected="scores (N, C, ...) and labels (N, ...) in whole numbers", found=f"{scores} and {target}",
            )  # fmt: skip
        if self.k > scores.sample_shape[0]:
            raise AttributeProblem(
                "metric 'top_k' has more guesses than there are classes", attribute="k", code="metric",
                expected=f"k up to {scores.sample_shape[0]}", found=f"k: {self.k}",
            )  # fmt: skip

    def measure(self, *predictions: Array, target: Array) -> Array:
        scores = np.moveaxis(predictions[0], 1, -1).reshape(-1, predictions[0].shape[1])
        labels = target.ravel()
        counted = labels != self.ignore_index
        scores, labels = scores[counted], labels[counted].astype(np.int64)[:, None]
        own = np.take_along_axis(scores, labels, axis=1)
        before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < labels))
        right = (before.sum(axis=1) < self.k) & ~np.isnan(own[:, 0])
        return np.array([right.sum(), right.size], dtype=np.float64)
