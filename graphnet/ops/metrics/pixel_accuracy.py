"""pixel_accuracy: the share of pixels whose class is right."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import Classification


@METRICS.register("pixel_accuracy", primary="target")
class PixelAccuracy(Classification):
    """Pixels of the right class over all pixels of all images, for scores (N, C, H, W).

    Large regions weigh more than small ones; `mean_iou` gives each class the same weight.

    Example:
        `metrics: [pixel_accuracy]` or `metrics: [{pixel_accuracy: {target: mask, ignore_index: 255}}]`

    Source: Long, Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", 2015.

    Attributes:
        threshold: of a single score (N, 1, H, W), above which a pixel is of class 1.
        ignore_index: a label whose pixels do not count.
    """

    threshold: Number = 0.5
    ignore_index: int = -100

    def check(self, *values: TensorType) -> None:
        super().check(*values)
        if values[0].rank != 4:
            raise AttributeProblem(
                "metric 'pixel_accuracy' judges maps only", code="metric", expected="scores (N, C, H, W)",
                found=str(values[0]), hint="`accuracy` judges samples",
            )  # fmt: skip

    def measure(self, *predictions: Array, target: Array) -> Array:
        predicted, meant = self.counted(predictions[0], target)
        return np.array([(predicted == meant).sum(), meant.size], dtype=np.float64)
