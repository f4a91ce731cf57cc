"""Stop when nothing gets better any more."""

from __future__ import annotations

from graphnet.frontend.training import EarlyStopping
from graphnet.train.history import Monitor, Row
from graphnet.train.run import Callback, Run


class StopEarly(Callback):
    """Stops a run whose monitored value has not become better for some epochs.

    It follows from the history alone, so that a resumed run stops when the whole one would have.

    Args:
        settings: patience, monitor and least gain.
    """

    def __init__(self, settings: EarlyStopping) -> None:
        self._settings = settings
        self._monitor: Monitor

    def started(self, run: Run) -> None:
        self._monitor = Monitor.of(
            self._settings.monitor, run.graph, validates=run.validation is not None, min_delta=self._settings.min_delta
        )
        self._judge(run)

    def epoch_ended(self, run: Run, row: Row) -> None:
        self._judge(run)

    def _judge(self, run: Run) -> None:
        rows = run.history.rows
        best = self._monitor.best(rows)
        since = len(rows) - (next(k for k, row in enumerate(rows, start=1) if row is best) if best else 0)
        if rows and since >= self._settings.patience:
            run.stop(f"{self._monitor.column} has not become better for {since} epoch{'s' * (since != 1)}")
