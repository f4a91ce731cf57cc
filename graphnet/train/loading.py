"""From what a user has, a source named in a spec or arrays in Python, to data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphnet.frontend.training import TrainConfig
from graphnet.ir.augmentation import Augmentation
from graphnet.ir.data import DataSource, Demand, demand_of, misfit
from graphnet.ir.graph import Graph
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset

Data = Dataset | DataSource | Mapping[str, Any] | tuple[Any, ...] | str
"""A data set; a source, or its name; arrays by name; inputs and targets in order, `(x, y)`."""


def prepare(config: TrainConfig, graph: Graph, folder: Path) -> tuple[Dataset, Dataset | None]:
    """The training data of a spec, and its validation data if there is any.

    Args:
        config: says the source, the validation and the seed of the split.
        graph: the network.
        folder: that relative paths start from: the spec's.

    Raises:
        SpecError: there is no source, or its data does not fit the network.
        RunError: a file cannot be read.
    """
    if config.data is None:
        raise misfit(
            "there is nothing to train on", expected="`train: {data: ...}`", hint="digits and synthetic always work"
        )
    data = as_dataset(config.data, graph, folder, config.augment)
    share = config.data.validation if config.validation is None else config.validation
    return hold_out(data, share, graph, seed=config.seed, folder=folder, augment=config.augment)


def hold_out(
    data: Dataset, validation: Data | float | None, graph: Graph, *, seed: int = 0, folder: Path | None = None,
    augment: Sequence[Augmentation] = (),
) -> tuple[Dataset, Dataset | None]:  # fmt: skip
    """Training and validation data, by a share of the data or by data of its own."""
    if validation is None:
        return data, None
    if isinstance(validation, int | float):
        return data.split(validation, seed)
    return data, as_dataset(validation, graph, folder, augment)


def as_dataset(data: Data, graph: Graph, folder: Path | None = None, augment: Sequence[Augmentation] = ()) -> Dataset:
    """A data set of what a user gave, checked against the network.

    Args:
        data: see `Data`.
        graph: the network.
        folder: that relative paths start from; the working directory by default.
        augment: what the data will go through; it may need other arrays than the network.

    Raises:
        SpecError: the data does not fit the network.
        RunError: a file cannot be read.
    """
    demand = Pipeline(augment, demand_of(graph)).demand
    match data:
        case Dataset():
            return (
                data if set(data.arrays) == {slot.name for slot in demand.slots} else Dataset.bind(data.arrays, demand)
            )
        case DataSource():
            return Dataset.bind(data.load(demand, folder or Path()), demand, f"data source '{data.name}'")
        case str():
            source = TrainConfig().changed(data=data).data
            assert source is not None
            return as_dataset(source, graph, folder, augment)
        case Mapping():
            return Dataset.bind(data, demand)
        case tuple() | list():
            return Dataset.bind(_named(data, demand), demand)
        case _:
            raise misfit(
                "this is no data", expected=f"arrays by name, or in this order: {demand}", found=type(data).__name__
            )


def _named(arrays: tuple[Any, ...], demand: Demand) -> dict[str, Any]:
    if len(arrays) != len(demand.slots):
        raise misfit(
            "the network takes another number of arrays", expected=f"{len(demand.slots)}: {demand}",
            found=f"{len(arrays)} arrays",
        )  # fmt: skip
    return {slot.name: array for slot, array in zip(demand.slots, arrays, strict=True)}
