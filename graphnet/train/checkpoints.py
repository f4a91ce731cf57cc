"""Checkpoints: weights to use, and all it takes to go on exactly where a run stopped."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from graphnet.core.diagnostics import RunError
from graphnet.frontend.writing.written_settings import written_definition
from graphnet.interop.files import write_text
from graphnet.interop.weights import read_weights, save_weights
from graphnet.train.history import Monitor, Row
from graphnet.train.run import Callback, Progress, Run

LAST: Final = "last.safetensors"
BEST: Final = "best.safetensors"
SUMMARY: Final = "run.json"
_FORMAT: Final = 1


class Checkpoints(Callback):
    """Writes into the run's folder, each file whole or not at all.

    * `last.safetensors`: parameters, buffers, optimizer states and, as metadata, how far the run is. Every so many
      epochs, and when the run ends or is interrupted.
    * `best.safetensors`: parameters and buffers of the best epoch.
    * `run.json`: a summary for people and programs.
    """

    def __init__(self) -> None:
        self._monitor: Monitor
        self._written: Progress | None = None

    def started(self, run: Run) -> None:
        monitor = run.config.checkpoint.monitor
        if monitor is None and run.config.early_stopping is not None:
            monitor = run.config.early_stopping.monitor
        self._monitor = Monitor.of(monitor, run.graph, validates=run.validation is not None)

    def epoch_ended(self, run: Run, row: Row) -> None:
        if run.out is None:
            return
        if self._monitor.best(run.history.rows) is row:
            save_weights(run.out / BEST, run.module.parameters, network=run.graph.name)
        if run.progress.epoch % run.config.checkpoint.every == 0:
            self._write(run, run.out)

    def finished(self, run: Run) -> None:
        if run.out is not None and self._written != run.progress:
            self._write(run, run.out)

    def _write(self, run: Run, out: Path) -> None:
        save_checkpoint(run, out / LAST)
        best = self._monitor.best(run.history.rows)
        summary = {
            "network": run.graph.name,
            "epochs": len(run.history),
            "steps": run.progress.step,
            "monitor": self._monitor.column,
            "best": None if best is None else {name: _number(value) for name, value in best.items()},
            "last": {name: _number(value) for name, value in run.history.rows[-1].items()}
            if run.history.rows
            else None,
            "stopped": run.history.stopped,
            "interrupted": run.history.interrupted,
        }
        write_text(out / SUMMARY, json.dumps(summary, indent=2) + "\n")
        self._written = Progress(**asdict(run.progress))


def save_checkpoint(run: Run, path: Path) -> None:
    """Write all it takes to go on exactly: one file, so that its parts always belong together.

    Raises:
        RunError: the file cannot be written.
    """
    state = {
        "format": _FORMAT,
        "conditions": _conditions(run),
        "progress": asdict(run.progress),
        "module_step": run.module.step,
        "history": run.history.rows,
    }
    save_weights(
        path, run.module.parameters, network=run.graph.name, optimizer=run.module.optimizer_state(),
        metadata={"run": json.dumps(state)},
    )  # fmt: skip


def load_checkpoint(run: Run, path: Path) -> None:
    """Set a new run and its module to where a checkpoint was written.

    Args:
        run: whose optimizer is chosen already.
        path: of the checkpoint, or of the folder that has one.

    Raises:
        RunError: there is no checkpoint, or it belongs to a run of other data, batches, seed or optimizer.
        SpecError: it belongs to another network.
    """
    file = path / LAST if path.is_dir() else path
    weights = read_weights(file)
    if "run" not in weights.metadata:
        raise RunError(f"{file} holds weights, but no state of a run: it can be loaded, not resumed")
    try:
        state = json.loads(weights.metadata["run"])
        conditions, module_step, rows = state["conditions"], int(state["module_step"]), list(state["history"])
        progress = Progress(**state["progress"])
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(f"cannot read the state of the run in {file}: {error}") from None
    differences = [
        f"{name.replace('_', ' ')} was {conditions.get(name)}, and is {value} now"
        for name, value in _conditions(run).items()
        if conditions.get(name) != value
    ]
    if differences:
        raise RunError(f"cannot resume {file}: {'; '.join(differences)}")
    run.module.load_parameters(weights.arrays)
    run.module.load_optimizer_state(weights.optimizer)
    run.module.step = module_step
    run.progress, run.history.rows = progress, rows


def _conditions(run: Run) -> dict[str, Any]:
    """What must not change for a run to go on exactly. (The length, the learning rate and such may be changed.)"""
    return {
        "samples": run.plan.samples,
        "batch_size": run.plan.batch_size,
        "accumulate": run.plan.accumulate,
        "seed": run.config.seed,
        "optimizer": run.config.optimizer.name,
        "augment": [written_definition(augmentation) for augmentation in run.config.augment],
    }


def _number(value: float) -> float | None:
    """JSON has no nan."""
    return value if math.isfinite(value) else None
