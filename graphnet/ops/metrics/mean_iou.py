"""mean_iou: how well predicted regions cover the true ones."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array, MetricDefinition
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import check_classes, predicted_and_meant


@METRICS.register("mean_iou", primary="target")
class MeanIoU(MetricDefinition):
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

    higher_is_better: ClassVar[bool] = True
    classifies: ClassVar[bool] = True

    threshold: Number = 0.5
    ignore_index: int = -100

    def check(self, *values: TensorType) -> None:
        check_classes(self.name, *values)

    def measure(self, *predictions: Array, target: Array) -> Array:
        classes = max(2, predictions[0].shape[1])
        predicted, meant = predicted_and_meant(predictions[0], target, self.threshold)
        counted = meant != self.ignore_index
        cells = meant[counted] * classes + predicted[counted]
        return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.float64)

    def result(self, state: Array) -> float:
        both = state.diagonal()
        either = state.sum(axis=0) + state.sum(axis=1) - both
        present = either > 0
        return float((both[present] / either[present]).mean()) if present.any() else math.nan
