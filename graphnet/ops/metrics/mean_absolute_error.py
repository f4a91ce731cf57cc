"""mean_absolute_error: how far predictions lie from their targets."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ops.families.deviation import MeanDeviation


@METRICS.register("mean_absolute_error", primary="target")
class MeanAbsoluteError(MeanDeviation):
    """The mean of |prediction - target| over all elements.

    Example:
        `metrics: [mean_absolute_error]`
    """

    def deviation(self, difference: Array) -> Array:
        return np.abs(difference)
