"""`graphnet eval`: loss and metrics of trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from rich.table import Table

from graphnet.commands.options import Batch, Data, Device, Exact, Json, Quiet, Set, Spec, Threads, Weights
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import failures_as_json, print_json, say, show
from graphnet.commands.training import compile_with, with_data
from graphnet.frontend.training import TrainConfig
from graphnet.ir.metric import Array
from graphnet.train.loading import SPLITS, choose

_PURPOSES: Final = {"validation": "validation", "test": "tests"}

Split = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(SPLITS), help="Which part of the data; by default the last that there is.",
        show_default=False,
    ),
]  # fmt: skip


def run(
    spec: Spec, weights: Weights, data: Data = None, batch: Batch = None, device: Device = "cpu", set_: Set = None,
    threads: Threads = None, exact: Exact = False, split: Split = None, json: Json = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compute the loss and the metrics of trained weights.

    On the spec's data for tests, or, where there is none, for validation; or on all samples of `--data`. `--split`
    chooses among what the spec, or `--data`, has.
    """
    with failures_as_json(json):
        network = read_network(spec, set_, quiet=quiet)
        config = network.train if network.train is not None else TrainConfig()
        folder = spec.parent
        if data is not None:
            config, folder = with_data(config, data), Path()
        if data is not None and split is None:
            config, split = config.changed(validation=0.0, test=0.0), "train"
        chosen, found = choose(config, network.graph, folder, split)
        model = compile_with(network, weights, batch, device, threads, exact=exact)
        results = model.evaluate(chosen)
    if json:
        print_json({"samples": len(chosen), "split": found, **results})
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("samples", f"{len(chosen):,}{'' if found == 'train' else f' (held out for {_PURPOSES[found]})'}")
    for name, value in results.items():
        if not isinstance(value, np.ndarray):
            table.add_row(name, f"{value:.6g}")
    show(table)
    for metric in network.graph.metrics:
        value = results[metric.name]
        if isinstance(value, np.ndarray):
            say("\n".join(["", metric.name, *_aligned(value, *metric.definition.axes)]))


def _aligned(values: Array, rows: str, columns: str) -> list[str]:
    """The lines of a table with its rows and columns numbered; they are as long as it takes."""
    header = [f"{rows} \\ {columns}", *map(str, range(values.shape[1]))]
    body = [[str(number), *(f"{v:,.6g}" for v in row)] for number, row in enumerate(values.tolist())]
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    return ["  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in [header, *body]]
