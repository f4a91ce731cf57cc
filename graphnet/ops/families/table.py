"""Tables of text: rows of cells under named columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphnet.core.diagnostics import RunError, nearest
from graphnet.ir.data import Array, misfit


@dataclass(frozen=True)
class Table:
    """Rows as they were read.

    Attributes:
        path: of the file.
        columns: their names.
        rows: one text for each column.
        lines: the line of the file that each row ends on, for messages.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def numbers(self, columns: Sequence[str]) -> Array:
        """Some columns as float64, (rows, columns).

        Raises:
            SpecError: there is no such column, or a cell is no number.
        """
        places = [self._place(column) for column in columns]
        cells = [[_number(row[place]) for place in places] for row in self.rows]
        numbers = np.array(cells, dtype=np.float64).reshape(len(self), len(places))
        if not np.isfinite(numbers).all():
            row, column = np.argwhere(~np.isfinite(numbers))[0]
            raise misfit(
                f"{self.path} has a cell that is no number", expected=f"numbers in column '{columns[column]}'",
                found=f"{self.rows[row][places[column]]!r} in line {self.lines[row]}",
                hint="`features` selects columns",
            )  # fmt: skip
        return numbers

    def classes(self, column: str) -> Array:
        """A column as class numbers: whole numbers as they are, texts numbered in alphabetical order; int64.

        Raises:
            SpecError: there is no such column, or it has numbers that are not whole.
        """
        place = self._place(column)
        texts = [row[place].strip() for row in self.rows]
        numbers = np.array([_number(text) for text in texts])
        if not np.isfinite(numbers).all():
            return np.asarray(np.unique(np.array(texts), return_inverse=True)[1], dtype=np.int64)
        labels = numbers.astype(np.int64)
        if (labels != numbers).any():
            at = int(np.flatnonzero(labels != numbers)[0])
            raise misfit(
                f"column '{column}' of {self.path} holds no classes", expected="whole numbers from 0, or texts",
                found=f"{texts[at]} in line {self.lines[at]}",
            )  # fmt: skip
        return labels

    def _place(self, column: str) -> int:
        if column in self.columns:
            return self.columns.index(column)
        close = nearest(column, self.columns)
        raise misfit(
            f"{self.path} has no column '{column}'", expected=f"one of {', '.join(self.columns)}", found=column,
            hint=f"did you mean `{close}`?" if close else None,
        )  # fmt: skip


def _number(text: str) -> float:
    """A cell's number; nan for one that holds none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_table(path: Path, *, delimiter: str, header: bool) -> Table:
    """Read a delimited text file, UTF-8.

    Raises:
        RunError: it cannot be read, has no rows, names a column twice, or a row has another number of cells.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(reader.line_num)
    except FileNotFoundError:
        raise RunError(f"there is no data file {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RunError(f"cannot read {path} as a table: {error}") from None
    names = (
        [name.strip() for name in rows[0]] if header and rows else [str(k) for k in range(len(rows[0]) if rows else 0)]
    )
    first = 1 if header else 0
    if len(rows) <= first:
        raise RunError(f"{path} holds no rows of data")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RunError(f"{path} has two columns named {', '.join(repr(name) for name in repeated)}")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(names):
            raise RunError(f"line {line} of {path} has {len(row)} cells instead of {len(names)}")
    return Table(path, tuple(names), rows[first:], lines[first:])
