"""The contract of metrics: NumPy over batches as they stream by."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.definitions import Definition

Array = np.ndarray[Any, Any]
Measured = float | Array
"""A number, or a table of numbers (rows, columns)."""


class MetricDefinition(Definition):
    """A number that says how good predictions are, or a table; subclasses are registered in `METRICS`, one file each.

    A subclass measures one batch as an array of sums, such that sums of several batches, or of several machines,
    may be added; `result` makes a number of the total, or a table.

    Numbers are reported for every epoch, and may tell the best one. Tables have no order, and are reported where data
    is judged once.

    Class attributes:
        higher_is_better: tells the best epoch; None for a table.
        axes: what the rows and the columns of a table are.
        classifies: targets stand for classes, also where they are stored as floats (0 or 1).
    """

    higher_is_better: ClassVar[bool | None]
    axes: ClassVar[tuple[str, str]] = ("row", "column")
    classifies: ClassVar[bool] = False

    def check(self, *values: TensorType) -> None:
        """Refuse values that do not fit, before anything runs.

        Args:
            values: types of the predictions and, last, of the target.

        Raises:
            AttributeProblem: they do not fit.
        """
        raise NotImplementedError

    def measure(self, *predictions: Array, target: Array) -> Array:
        """The sums of one batch, as float64."""
        raise NotImplementedError

    def update(self, state: Array | None, *predictions: Array, target: Array) -> Array:
        """The sums so far with those of another batch added; None is the state before the first."""
        measured = self.measure(*predictions, target=target)
        return measured if state is None else state + measured

    def result(self, state: Array) -> Measured:
        """The metric over all that was measured; by default the ratio of the two sums of `measure`, nan for none."""
        total, count = state
        return float(total / count) if count else math.nan
