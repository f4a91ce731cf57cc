"""From what a user has, a source named in a spec or arrays in Python, to data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

from graphnet.frontend.training import TrainConfig
from graphnet.ir.augmentation import Augmentation
from graphnet.ir.data import DataSource, Demand, demand_of, misfit
from graphnet.ir.graph import Graph
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset

Split = Literal["train", "validation", "test"]
SPLITS: Final = get_args(Split)
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
    everything = as_dataset(config.data, graph, folder, config.augment)
    data, _ = everything.split(_share(config.test), config.seed, "test")
    validation = config.validation
    if validation is None:
        validation = config.data.part("validation", folder)
    if validation is None:
        validation = config.data.validation
    if isinstance(validation, float):
        validation = validation * len(everything) / len(data)  # both are parts of the whole
    return hold_out(data, validation, graph, seed=config.seed, folder=folder, augment=config.augment)


def prepare_test(config: TrainConfig, graph: Graph, folder: Path) -> Dataset | None:
    """The data of a spec that no run has seen, if there is any.

    Args:
        config: says the source, the part or source for tests, and the seed of the split.
        graph: the network.
        folder: that relative paths start from: the spec's.

    Raises:
        SpecError: the data does not fit the network.
        RunError: a file cannot be read.
    """
    if config.data is None:
        return None
    if isinstance(config.test, float):
        return as_dataset(config.data, graph, folder, config.augment).split(config.test, config.seed, "test")[1]
    source = config.test if config.test is not None else config.data.part("test", folder)
    return None if source is None else as_dataset(source, graph, folder, config.augment)


def choose(config: TrainConfig, graph: Graph, folder: Path, split: str | None) -> tuple[Dataset, Split]:
    """The data of a spec to judge a network by.

    Args:
        config: says the sources.
        graph: the network.
        folder: that relative paths start from: the spec's.
        split: `train`, `validation` or `test`; by default the last of these that there is.

    Returns:
        the data, and which split it is.

    Raises:
        SpecError: there is no such split, or its data does not fit the network.
        RunError: a file cannot be read.
    """
    if split not in (None, *SPLITS):
        raise misfit(f"there is no split '{split}'", expected=", ".join(SPLITS), found=str(split))
    test = prepare_test(config, graph, folder) if split in (None, "test") else None
    if test is not None:
        return test, "test"
    training, validation = prepare(config, graph, folder)
    if validation is not None and split in (None, "validation"):
        return validation, "validation"
    if split in (None, "train"):
        return training, "train"
    raise misfit(
        f"no data is set apart for '{split}'", expected=f"`train: {{{split}: 0.1}}`, or a source of other data",
        found=f"data: {config.data.name}" if config.data is not None else None,
    )  # fmt: skip


def _share(given: float | DataSource | None) -> float:
    return given if isinstance(given, float) else 0.0


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
