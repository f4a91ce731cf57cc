"""What a run reported, epoch by epoch, and which epoch was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

from graphnet.core.diagnostics import RunError, nearest
from graphnet.ir.graph import Graph

Row = dict[str, float]


@dataclass
class History:
    """One row for each epoch.

    Columns: `epoch` (counted from 1), `step` (updates so far), `lr` (of the epoch's last step), `loss` (mean over the
    epoch's samples, as they were trained on), `val_loss` and `val_<metric>` where there is validation data, `seconds`
    and `samples_per_second` (of training alone).

    Attributes:
        rows: in order.
        stopped: why training ended before its time, in words; None if it did not.
        interrupted: whether it was because of a signal.
    """

    rows: list[Row] = field(default_factory=list)
    stopped: str | None = None
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        """A column; nan where a row lacks it.

        Raises:
            KeyError: no row has it.
        """
        if column not in self.columns:
            raise KeyError(column)
        return [row.get(column, math.nan) for row in self.rows]

    @property
    def columns(self) -> list[str]:
        """All columns, in the order of their first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


@dataclass(frozen=True)
class Monitor:
    """The column that tells better epochs from worse ones.

    Attributes:
        column: its name.
        higher_is_better: its direction.
        min_delta: how much better a value must be to count.
    """

    column: str
    higher_is_better: bool
    min_delta: float = 0.0

    @classmethod
    def of(cls, column: str | None, graph: Graph, *, validates: bool, min_delta: float = 0.0) -> Self:
        """The monitor of a network's run.

        Args:
            column: as a spec says it; a metric may be named without `val_`. None is the loss.
            graph: has the metrics.
            validates: whether there is validation data.
            min_delta: how much better a value must be to count.

        Raises:
            RunError: there is no such column.
        """
        directions = {metric.name: metric.definition.higher_is_better for metric in graph.metrics}
        directions = {name: higher for name, higher in directions.items() if higher is not None}  # the rest are tables
        known = {"loss": False}
        if validates:
            known |= {"val_loss": False, **{f"val_{name}": higher for name, higher in directions.items()}}
        wanted = column or ("val_loss" if validates else "loss")
        found = next((name for name in (wanted, f"val_{wanted}") if name in known), None)
        if found is None:
            close = nearest(wanted, known)
            raise RunError(
                f"cannot monitor '{wanted}': this run reports {', '.join(known)}"
                + (f"; did you mean '{close}'?" if close else "")
            )
        return cls(found, known[found], min_delta)

    def is_better(self, row: Row, than: Row | None) -> bool:
        """Whether a row is better than an earlier one, or than none at all; nan never is."""
        value = row[self.column]
        if math.isnan(value):
            return False
        if than is None:
            return True
        gain = value - than[self.column] if self.higher_is_better else than[self.column] - value
        return gain > self.min_delta

    def best(self, rows: list[Row]) -> Row | None:
        """The row that was the best when the last one came, or None if all are nan."""
        best: Row | None = None
        for row in rows:
            if self.is_better(row, best):
                best = row
        return best
