"""csv: rows of a text file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from graphnet.ir.data import Array, DataSource, Demand, Slot, misfit
from graphnet.ir.definitions import SOURCES
from graphnet.ir.settings import Flag, Names, NamesByName
from graphnet.ops.families.fitting import fit_labels
from graphnet.ops.families.table import Table, read_table


@SOURCES.register("csv", primary="path")
class Csv(DataSource):
    """Samples as the rows of a table with one column for each feature.

    Columns feed an input in their order, whatever its shape is: 784 columns feed an image [1, 28, 28]. Classes may be
    whole numbers from 0, or texts, which are numbered in alphabetical order. Numbers are taken as they are; let the
    network begin with `- batch_norm` where features differ in scale.

    Example:
        `train: {data: {csv: {path: iris.csv, target: species}}}`
        `train: {data: {csv: {path: demand.csv, target: sales, features: {weather: [sun, rain], last: [day1, day2]}}}}`

    Attributes:
        path: of the file, relative to the spec.
        target: the column, or columns, to predict; by column name, or by input name where there are several targets.
        features: columns of the input, or of each input by name; all others but the target by default.
        delimiter: between the cells of a row.
        header: whether the first row names the columns; without it they are called 0, 1, ...
    """

    path: str
    target: Names | NamesByName = ()
    features: Names | NamesByName = ()
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    header: Flag = True

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        table = read_table(folder / self.path, delimiter=self.delimiter, header=self.header)
        targets = self._columns(self.target, demand.targets, "target")
        found = {slot.name: _target(table, targets[slot.name], slot) for slot in demand.targets}
        used = {column for columns in targets.values() for column in columns}
        rest = tuple(column for column in table.columns if column not in used)
        inputs = self._columns(self.features or rest, demand.inputs, "features")
        return found | {slot.name: _numbers(table, inputs[slot.name], slot) for slot in demand.inputs}

    def _columns(self, given: Names | NamesByName, slots: tuple[Slot, ...], setting: str) -> dict[str, tuple[str, ...]]:
        """The columns of each slot."""
        if isinstance(given, tuple):
            if len(slots) == 1 and given:
                return {slots[0].name: given}
            if not slots:
                return {}
            given = {}
        missing = [slot.name for slot in slots if slot.name not in given]
        unknown = [name for name in given if name not in {slot.name for slot in slots}]
        if missing or unknown:
            raise misfit(
                f"`{setting}` must say which columns feed which {'target' if setting == 'target' else 'input'}",
                expected=f"columns for {', '.join(map(str, slots))}",
                found=", ".join(given) or "nothing",
                hint=f"{setting}: {{{', '.join(f'{slot.name}: [...]' for slot in slots)}}}",
            )
        return dict(given)


def _numbers(table: Table, columns: tuple[str, ...], slot: Slot) -> Array:
    """Columns as the samples of a slot."""
    if len(columns) != slot.type.size:
        raise misfit(
            f"{table.path} has another number of columns than '{slot.name}' takes",
            expected=f"{slot.type.size} columns for {slot}",
            found=f"{len(columns)}: {', '.join(columns[:6])}{', ...' if len(columns) > 6 else ''}",
        )  # fmt: skip
    return table.numbers(columns).reshape(len(table), *slot.type.sample_shape)


def _target(table: Table, columns: tuple[str, ...], slot: Slot) -> Array:
    """One column of classes, or as many columns of numbers as the target takes."""
    if slot.kind == "values" or len(columns) > 1:
        return _numbers(table, columns, slot)
    labels = table.classes(columns[0])
    ignored = labels == slot.ignored
    fitted = fit_labels(np.where(ignored, 0, labels), slot, f"column '{columns[0]}' of {table.path}")
    if ignored.any():
        fitted[ignored] = slot.ignored
    return fitted
