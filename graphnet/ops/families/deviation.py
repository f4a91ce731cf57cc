"""What the metrics of regression have in common: they average a measure of each element's deviation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.metric import Array, MetricDefinition


class MeanDeviation(MetricDefinition):
    """The mean of `deviation` over all elements of all samples."""

    higher_is_better: ClassVar[bool] = False

    def deviation(self, difference: Array) -> Array:
        """What one element's difference counts."""
        raise NotImplementedError

    def check(self, *values: TensorType) -> None:
        prediction, target = values
        if prediction.shape != target.shape:
            raise AttributeProblem(
                f"metric '{self.name}' compares equal shapes only", code="metric",
                expected=f"a target {prediction}", found=str(target),
            )  # fmt: skip

    def measure(self, *predictions: Array, target: Array) -> Array:
        difference = predictions[0].astype(np.float64) - target
        return np.array([self.deviation(difference).sum(), difference.size])
