"""What the commands that run a network share: its data, its weights, and the settings they replace."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from graphnet.commands.options import read_yaml
from graphnet.core.diagnostics import RunError
from graphnet.frontend.network import Network
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import DataSource
from graphnet.model import Model, compile
from graphnet.train.checkpoints import BEST, LAST

FILES: Final = {".npz": "npz", ".csv": "csv"}
"""Data sources by the ending of the file that they read."""


def with_data(config: TrainConfig, data: str) -> TrainConfig:
    """The settings with other data. Data for validation or tests that belonged to the data before is dropped.

    Args:
        config: of the spec.
        data: as given on the command line: a file, or what a spec writes after `data:`.

    Raises:
        SpecError: this is no data source.
    """
    ending = FILES.get(Path(data).suffix.lower())
    source: Any = {ending: data} if ending and ":" not in data else read_yaml(data, "--data")
    for purpose in ("validation", "test"):
        if isinstance(getattr(config, purpose), DataSource):
            config = config.changed(**{purpose: None})
    return config.changed(data=source)


def weights_file(given: Path) -> Path:
    """The file of weights that a path means: the file itself, or the best (else the last) of a run's folder.

    Raises:
        RunError: the folder holds no weights.
    """
    if not given.is_dir():
        return given
    for name in (BEST, LAST):
        if (given / name).is_file():
            return given / name
    raise RunError(f"the folder {given} holds no weights: neither {BEST} nor {LAST}")


def forget_weights(network: Network) -> None:
    """Let a network start from random parameters: the files that its training starts from need not be there."""
    if network.train is not None:
        network.train = network.train.changed(weights=None)


def compile_with(
    network: Network, weights: Path, batch: int | None, device: str, threads: int | None, *, exact: bool
) -> Model:
    """Compile a network and load its weights; those that training would start from play no part.

    Raises:
        SpecError: an option or the weights do not fit.
        RunError: the weights cannot be read.
    """
    forget_weights(network)
    model = compile(network, batch_size=batch, device=device, threads=threads, exact=exact)
    model.load(weights_file(weights))
    return model
