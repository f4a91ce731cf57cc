"""`graphnet gradcheck`: all gradients against finite differences."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from graphnet.commands.options import Device, Json, Quiet, Set, Spec, Threads
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import complain, failures_as_json, print_json, say, show
from graphnet.commands.training import forget_weights
from graphnet.model import compile
from graphnet.testing.gradient_report import GradientReport

Samples = Annotated[int, typer.Option(min=1, max=4096, metavar="N", help="Samples of the random batch.")]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of the parameters, the batch and the directions.")]


def run(
    spec: Spec, samples: Samples = 2, seed: Seed = 0, device: Device = "cpu", set_: Set = None,
    threads: Threads = None, json: Json = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compare all gradients with finite differences of the loss, in float64.

    Through the same passes and kernels as training, for every parameter and every input of floats. The exit status
    is 1 if a gradient is wrong.
    """
    with failures_as_json(json):
        network = read_network(spec, set_, quiet=quiet)
        forget_weights(network)
        model = compile(network, device=device, dtype="float64", batch_size=samples, threads=threads, seed=seed)
        report = model.check_gradients(samples=samples, seed=seed)
    if json:
        print_json(report.to_json())
    elif not quiet:
        show(_table(report))
    if not (json or quiet):
        say(str(report))
    elif not report.passed:
        complain(str(report))
    if not report.passed:
        raise typer.Exit(1)


def _table(report: GradientReport) -> Table:
    """A row for each parameter and input."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("gradient of", no_wrap=True)
    table.add_column("operator", style="cyan", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("largest relative error", justify="right")
    table.add_column("")
    for checked in report.all:
        is_right = checked.max_relative_error <= report.tolerance
        verdict = Text("ok", "green") if is_right else Text("wrong", "bold red")
        table.add_row(checked.name, checked.operator, str(checked.points), f"{checked.max_relative_error:.1e}", verdict)
    return table
