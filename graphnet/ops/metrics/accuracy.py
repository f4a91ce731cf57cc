"""accuracy: the share of right classes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array, MetricDefinition
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import check_classes, predicted_and_meant


@METRICS.register("accuracy", primary="target")
class Accuracy(MetricDefinition):
    """Right classes over all, of samples or, for scores (N, C, H, W), of pixels.

    Of scores (N, C, ...) the highest is the predicted class. One value (N, 1) is a decision: class 1 above the
    threshold; its targets are 0 or 1, or -1 or 1.

    Example:
        `metrics: [accuracy]`
        `metrics: [{accuracy: {target: label, threshold: 0}, from: logit}]` for logits of two classes

    Attributes:
        threshold: of a decision: 0.5 between outputs 0 and 1, 0 for logits.
        ignore_index: a label that counts neither way.
    """

    higher_is_better: ClassVar[bool] = True
    classifies: ClassVar[bool] = True

    threshold: Number = 0.5
    ignore_index: int = -100

    def check(self, *values: TensorType) -> None:
        check_classes(self.name, *values)

    def measure(self, *predictions: Array, target: Array) -> Array:
        predicted, meant = predicted_and_meant(predictions[0], target, self.threshold)
        if predictions[0].shape[1] == 1:
            meant = np.where(meant == -1, 0, meant)
        counted = meant != self.ignore_index
        return np.array([(predicted == meant)[counted].sum(), counted.sum()], dtype=np.float64)
