"""accuracy: the share of right classes."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import Classification


@METRICS.register("accuracy", primary="target")
class Accuracy(Classification):
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

    threshold: Number = 0.5
    ignore_index: int = -100

    def measure(self, *predictions: Array, target: Array) -> Array:
        predicted, meant = self.counted(predictions[0], target)
        return np.array([(predicted == meant).sum(), meant.size], dtype=np.float64)
