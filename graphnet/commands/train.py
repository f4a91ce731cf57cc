"""`graphnet train`: a run, with progress, logs and checkpoints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from graphnet import model as models
from graphnet.commands.options import Data, Device, Quiet, Set, Spec, Threads
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import complain, output
from graphnet.commands.training import with_data
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.training import TrainConfig
from graphnet.ops.families.attributes import MAX_EXTENT
from graphnet.train.checkpoints import BEST, LAST
from graphnet.train.display import Display
from graphnet.train.history import History, Monitor
from graphnet.train.loading import prepare
from graphnet.train.loop import fit

Epochs = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Passes over the data, instead of the spec's.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder for the run; by default runs/NAME, numbered.", show_default=False),
]
Resume = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Go on exactly with the run in this folder.", show_default=False)
]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, max=MAX_EXTENT, metavar="N", help="Samples of a batch, instead of the spec's.", show_default=False),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=models.MAX_SEED, metavar="N", help="Of everything random; instead of the spec's.",
                 show_default=False),
]  # fmt: skip


def run(
    spec: Spec, data: Data = None, epochs: Epochs = None, out: Out = None, resume: Resume = None,
    device: Device = "cpu", batch_size: BatchSize = None, seed: Seed = None, set_: Set = None,
    threads: Threads = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Train a network as its spec says under `train`.

    The folder of the run receives `best.safetensors` (the weights to use), `last.safetensors` (a checkpoint to go on
    from), `log.csv`, `curves.svg` and `run.json`. Ctrl-C ends the run after the running step, with a checkpoint.
    """
    network = read_network(spec, set_, quiet=quiet)
    config = network.train if network.train is not None else TrainConfig()
    given = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
    config = config.changed(**{name: value for name, value in given.items() if value is not None})
    folder = spec.parent
    if data is not None:
        config, folder = with_data(config, data), Path()
    out = _out_folder(out, resume, network.name)
    network.train = config
    model = models.compile(network, device=device, threads=threads)
    training, held = prepare(config, network.graph, folder)
    say = complain if quiet else output().print
    if not quiet:
        _prepare(model, config, validates=held is not None)
        held_out = f", {len(held):,} to validate" if held is not None else ""
        output().print(f"{network.name}: {len(training):,} samples to train on{held_out}; writing to {out}")
    history = fit(
        model, training, held, config=config, out=out, resume=resume, display=None if quiet else Display(output())
    )
    if history.interrupted:
        complain(f"interrupted; `graphnet train {spec} --resume {out}` goes on")
        raise typer.Exit(1)
    if not quiet:
        _report(model, config, history, out, validates=held is not None)
