"""mean_squared_error: how far predictions lie from their targets, large errors above all."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ops.families.deviation import MeanDeviation


@METRICS.register("mean_squared_error", primary="target")
class MeanSquaredError(MeanDeviation):
    """The mean of (prediction - target)^2 over all elements.

    Example:
        `metrics: [mean_squared_error]`
    """

    def deviation(self, difference: Array) -> Array:
        return np.square(difference)
