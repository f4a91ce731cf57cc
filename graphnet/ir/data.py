"""What data a network takes, and the contract of the sources that provide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.core.types import TensorType
from graphnet.ir.definitions import Definition
from graphnet.ir.graph import Graph, Node, Value

Array = np.ndarray[Any, Any]
Kind = Literal["values", "classes", "binary", "one_hot"]
Purpose = Literal["validation", "test"]


class LateArray:
    """An array whose samples are read, or computed, when they are needed: data sets may exceed the memory.

    Attributes:
        shape: with the samples along axis 0.
        dtype: of the elements.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Array) -> Array:
        """Some samples.

        Args:
            rows: whole numbers, (K,).

        Raises:
            RunError: a file cannot be read.
            SpecError: it holds something that does not fit.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Slot:
    """One array that a network takes.

    Attributes:
        name: of the input or target.
        type: with the batch axis.
        kind: `values` are any numbers; `classes` are whole numbers that stand for classes or tokens; `binary` is 0
            or 1 in floats; `one_hot` is 1 for one class along axis 1, and 0 for the others.
        classes: how many there are, where that is known.
        ignored: a label that stands for no class.
    """

    name: str
    type: TensorType
    kind: Kind = "values"
    classes: int | None = None
    ignored: int | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


@dataclass(frozen=True)
class Demand:
    """All the arrays that a network takes, for predictions and besides for the loss."""

    inputs: tuple[Slot, ...]
    targets: tuple[Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.inputs + self.targets

    def __str__(self) -> str:
        return ", ".join(map(str, self.slots))


def demand_of(graph: Graph) -> Demand:
    """What a network takes, as its losses, metrics and layers use it."""
    readers = graph.consumers()
    inputs = tuple(_input_slot(value, readers) for value in graph.inputs)
    return Demand(inputs, tuple(_target_slot(graph, value, readers.get(value, [])) for value in graph.targets))


def _input_slot(value: Value, readers: Mapping[Value, list[Node]]) -> Slot:
    if value.type.dtype == "float":
        return Slot(value.name, value.type)
    return Slot(value.name, value.type, "classes", min(_rows(value, readers), default=None))


def _rows(value: Value, readers: Mapping[Value, list[Node]]) -> Iterator[int]:
    """How many rows the tables have in which whole numbers are looked up: those of embeddings, behind any movement."""
    for node in readers.get(value, []):
        if node.parameters:
            yield node.parameters[0].type.sample_shape[0]
            continue
        for moved in node.outputs:
            if moved.type.dtype != "float":
                yield from _rows(moved, readers)


def _target_slot(graph: Graph, value: Value, readers: list[Node]) -> Slot:
    losses = [node for node in readers if getattr(node.op, "kind", None) == "loss"]
    ignored = next((found for node in losses if (found := getattr(node.op, "ignore_index", None)) is not None), None)
    predictions = [node.inputs[0].type for node in losses]
    if value.type.dtype != "float":
        classes = [max(2, p.sample_shape[0]) for p in predictions if p.rank >= 2]
        return Slot(value.name, value.type, "classes", min(classes, default=None), ignored)
    classified = any(getattr(node.op, "expects_logits", False) for node in losses) or any(
        metric.values[-1] is value and metric.definition.classifies for metric in graph.metrics
    )
    if not classified:
        return Slot(value.name, value.type)
    if value.type.rank >= 2 and value.type.sample_shape[0] > 1:
        return Slot(value.name, value.type, "one_hot", value.type.sample_shape[0])
    return Slot(value.name, value.type, "binary", 2)


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set that can be downloaded.

    Attributes:
        name: in the data set's folder.
        size: in bytes.
        sha256: checksum, in hexadecimal digits.
        urls: folders on the web that have it.
        members: of an archive, the files to take out of it, which are all that is kept; none for a plain file.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]
    members: tuple[str, ...] = ()


class DataSource(Definition):
    """Where training data comes from; subclasses are registered in `SOURCES`, one file each.

    Class attributes:
        validation: the part held out for validation when a spec does not say.
        files: what `graphnet data` downloads, if anything.
    """

    validation: ClassVar[float] = 0.2
    files: ClassVar[tuple[RemoteFile, ...]] = ()

    def load(self, demand: Demand, folder: Path) -> Mapping[str, Array | LateArray]:
        """The arrays that a network takes, by name, each with the samples along axis 0.

        Args:
            demand: what the network takes.
            folder: that relative paths start from.

        Raises:
            SpecError: the data does not fit the network.
            RunError: a file cannot be read.
        """
        raise NotImplementedError

    def part(self, purpose: Purpose, folder: Path) -> DataSource | None:
        """The source of the data that somebody set apart for a purpose; by default there is none.

        Args:
            purpose: `validation`, which judges each epoch, or `test`, which judges a trained network.
            folder: that relative paths start from.
        """
        return None


def misfit(
    message: str, *, expected: str | None = None, found: str | None = None, hint: str | None = None
) -> SpecError:
    """The error for data that does not fit a network."""
    return SpecError(Diagnostic("data", message, expected=expected, found=found, hint=hint))


def only_pair(demand: Demand, source: str) -> Iterator[Slot]:
    """The one input and, unless the network has none, the one target of a network for pairs of data.

    Raises:
        SpecError: there are more.
    """
    if len(demand.inputs) != 1 or len(demand.targets) > 1:
        raise misfit(
            f"{source} cannot feed this network", expected="a network with one input and at most one target",
            found=str(demand),
        )  # fmt: skip
    yield from demand.slots
