"""The log of a run: its history as a CSV file."""

from __future__ import annotations

import csv
import io

from graphnet.interop.files import write_text
from graphnet.train.history import History, Row
from graphnet.train.run import Callback, Run


class CsvLog(Callback):
    """Writes `log.csv` into the run's folder, a row for each epoch; a resumed run goes on with the rows before."""

    def epoch_ended(self, run: Run, row: Row) -> None:
        if run.out is not None:
            write_text(run.out / "log.csv", to_csv(run.history))


def to_csv(history: History) -> str:
    """A history as CSV text: a header, and a line for each epoch; numbers lose no digit."""
    text = io.StringIO()
    writer = csv.DictWriter(text, history.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history.rows)
    return text.getvalue()
