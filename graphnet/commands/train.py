"""`graphnet train`: a run, with progress, logs and checkpoints."""

from __future__ import annotations

import json
import shlex
import time
from itertools import chain, count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graphnet.commands.options import Data, Device, Exact, Quiet, Set, Spec, Threads
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import complain, output, say
from graphnet.commands.training import with_data
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.training import TrainConfig
from graphnet.model import MAX_SEED, Model, compile
from graphnet.ops.families.attributes import MAX_EXTENT
from graphnet.train.checkpoints import BEST, LAST, SUMMARY
from graphnet.train.display import Display
from graphnet.train.loading import prepare
from graphnet.train.loop import fit
from graphnet.train.run import Callback, Run

Epochs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Passes over the data, instead of the spec's.", show_default=False),
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
    typer.Option(
        min=1, max=MAX_EXTENT, metavar="N", help="Samples of a batch, instead of the spec's.", show_default=False
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=MAX_SEED, metavar="N", help="Of everything random; instead of the spec's.",
                 show_default=False),
]  # fmt: skip


def run(
    spec: Spec, data: Data = None, epochs: Epochs = None, out: Out = None, resume: Resume = None,
    device: Device = "cpu", batch_size: BatchSize = None, seed: Seed = None, set_: Set = None,
    threads: Threads = None, exact: Exact = False, quiet: Quiet = False,
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
    model = compile(
        network, batch_size=config.batch_size, seed=config.seed, device=device, threads=threads, exact=exact
    )
    training, held = prepare(config, network.graph, folder)
    shown: list[Callback] = []
    display = None
    if not quiet:
        held_out = f", {len(held):,} to validate" if held is not None else ""
        say(f"{network.name}: {len(training):,} samples to train on{held_out}")
        console = output()
        display, shown = Display(console), [_Compilation(console, model)]
    history = fit(model, training, held, config=config, out=out, resume=resume, display=display, callbacks=shown)
    if history.interrupted:
        options = {**given, "data": data, "threads": threads, "device": device if device != "cpu" else None}
        again = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not None]
        again += ["--exact"] if exact else []
        again += [f"--set={setting}" for setting in set_ or ()]
        complain(f"to go on: {shlex.join(['graphnet', 'train', str(spec), *again, '--resume', str(out)])}")
        raise typer.Exit(1)
    if not quiet:
        _report(out)


def _out_folder(out: Path | None, resume: Path | None, name: str) -> Path:
    """Where the run's files go: where the user says, where the resumed run is, or a new folder below `runs`.

    Raises:
        SpecError: there is a run already, which would be overwritten.
    """
    if out is None and resume is not None:
        return resume if resume.is_dir() else resume.parent
    if out is None:
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        return next(folder for name in names if not (folder := Path("runs", name)).exists())
    if resume is None and (out / LAST).exists():
        raise SpecError(
            Diagnostic(
                "option", f"there is a run in {out} already", expected="a new folder", found=str(out / LAST),
                hint=f"`--resume {out}` goes on with it",
            )
        )  # fmt: skip
    return out


class _Compilation(Callback):
    """Says what the first step had to wait for."""

    def __init__(self, console: Console, model: Model) -> None:
        self._console, self._model = console, model
        self._began: float | None = None

    def started(self, run: Run) -> None:
        self._began = time.perf_counter()

    def stepped(self, run: Run) -> None:
        if self._began is None:
            return
        stages = [stage for built in self._model.programs.values() for stage in built.executable.stages]
        kernels = {generated.source for stage in stages for _, generated in stage.kernels}
        self._console.print(f"compiled {len(kernels)} kernels in {time.perf_counter() - self._began:.1f} s")
        self._began = None


def _report(out: Path) -> None:
    """The best epoch, and where its weights are."""
    best = json.loads((out / SUMMARY).read_text(encoding="utf-8"))["best"]
    if best is not None:
        facts = [f"{name} {value:.4f}" for name, value in best.items() if name == "loss" or name.startswith("val_")]
        say(f"best epoch {best['epoch']:.0f}: {', '.join(facts)}; weights in {out / BEST}")
