"""confusion_matrix: which classes are taken for which."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.ir.definitions import METRICS
from graphnet.ir.metric import Array
from graphnet.ir.settings import Number
from graphnet.ops.families.classification import Classification


@METRICS.register("confusion_matrix", primary="target")
class ConfusionMatrix(Classification):
    """How often each class was predicted where each was meant: a table with a row for each class meant.

    Samples are counted, or pixels of scores (N, C, H, W). The diagonal holds what is right. `graphnet eval` prints the
    table and `evaluate` returns it; it is no number to follow from epoch to epoch.

    Example:
        `metrics: [accuracy, confusion_matrix]`

    Attributes:
        threshold: of a single score (N, 1, ...), above which it is class 1.
        ignore_index: a label that counts nowhere.
    """

    higher_is_better: ClassVar[bool | None] = None
    axes: ClassVar[tuple[str, str]] = ("meant", "predicted")

    threshold: Number = 0.5
    ignore_index: int = -100

    def measure(self, *predictions: Array, target: Array) -> Array:
        return self.confusion(predictions[0], target)

    def result(self, state: Array) -> Array:
        return state.astype(np.int64)
