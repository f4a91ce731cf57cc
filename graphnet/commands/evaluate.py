"""`graphnet eval`: loss and metrics of trained weights."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from graphnet.commands.options import Batch, Data, Device, Json, Quiet, Set, Spec, Threads, Weights
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import failures_as_json, print_json, show
from graphnet.commands.training import compile_with, with_data
from graphnet.frontend.training import TrainConfig
from graphnet.train.loading import prepare


def run(
    spec: Spec, weights: Weights, data: Data = None, batch: Batch = None, device: Device = "cpu", set_: Set = None,
    threads: Threads = None, json: Json = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compute the loss and the metrics of trained weights.

    On the validation data of the spec (the part that training held out), or on all samples of `--data`.
    """
    with failures_as_json(json):
        network = read_network(spec, set_, quiet=quiet)
        config = network.train if network.train is not None else TrainConfig()
        folder = spec.parent
        if data is not None:
            config, folder = with_data(config, data).changed(validation=0.0), Path()
        model = compile_with(network, weights, batch, device, threads)
        everything, held = prepare(config, network.graph, folder)
        chosen = everything if held is None else held
        results = model.evaluate(chosen)
    if json:
        print_json({"samples": len(chosen), **results})
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("samples", f"{len(chosen):,}{' (held out for validation)' if held is not None else ''}")
    for name, value in results.items():
        table.add_row(name, f"{value:.6g}")
    show(table)
