"""mean_iou: how well predicted regions cover the true ones."""

from __future__ import annotations

import math

from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import Classification


@METRICS.register("mean_iou", primary="target")
class MeanIoU(Classification):
    """The mean over classes of intersection over union: pixels both of and predicted as a class, over pixels of either.

    Classes that are neither meant nor predicted anywhere are left out.

    Example:
        `metrics: [mean_iou]`

    Source: the intersections are those of the whole data, as in Everingham et al., "The PASCAL visual object classes
    challenge", 2010.

    Attributes:
        threshold: of a single score (N, 1, ...), above which it is class 1.
        ignore_index: a label whose pixels do not count.
    """

    threshold: Number = 0.5
    ignore_index: int = -100

    def measure(self, *predictions: Array, target: Array) -> Array:
        return self.confusion(predictions[0], target)

    def result(self, state: Array) -> float:
        both = state.diagonal()
        either = state.sum(axis=0) + state.sum(axis=1) - both
        present = either > 0
        return float((both[present] / either[present]).mean()) if present.any() else math.nan
