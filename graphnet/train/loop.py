"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.frontend.parameter_groups import settings_by_parameter
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import misfit
from graphnet.train.augmenting import Pipeline
from graphnet.train.checkpoints import Checkpoints, load_checkpoint
from graphnet.train.curves import CurvesPicture
from graphnet.train.display import Display
from graphnet.train.early_stopping import StopEarly
from graphnet.train.evaluation import evaluate
from graphnet.train.feeding import training_batches
from graphnet.train.history import History, Row
from graphnet.train.interruption import Interruption
from graphnet.train.loading import Data, as_dataset, hold_out
from graphnet.train.log import CsvLog
from graphnet.train.module import AccumulatingModule, Batch, TrainableModule
from graphnet.train.run import Callback, Plan, Run


def fit(
    module: TrainableModule,
    data: Data,
    validation: Data | float | None = None,
    *,
    config: TrainConfig | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    display: Display | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train a module.

    The order of samples follows from the seed and the epoch, the learning rate from the step; together with the
    checkpoint of a run, which holds everything else, a resumed run goes on bit for bit as if it had never stopped.

    Ctrl-C, or a request to terminate, ends the run after the running step, with a checkpoint if there is a folder.

    Args:
        module: is changed.
        data: to train on.
        validation: judges each epoch: data, or a part of `data` to hold out; by default what the config says.
        config: how to train; its `data` and `weights` are the caller's affair (see `prepare` and `gather_weights`).
        out: folder for checkpoints, log and curves; nothing is written without one.
        resume: a run's folder, or a checkpoint, to go on from; `out` is that folder by default.
        display: shows the progress.
        callbacks: more that happens along the way, after what is built in.

    Returns:
        what was reported, epoch by epoch.

    Raises:
        SpecError: data, groups of the optimizer or settings do not fit the network.
        RunError: the loss is not finite, or a file cannot be read or written.
    """
    config = config or TrainConfig()
    run = _begin(module, data, validation, config, out if out is not None or resume is None else _folder(resume))
    if resume is not None:
        load_checkpoint(run, resume)
    stopping = [StopEarly(config.early_stopping)] if config.early_stopping else []
    shown = [display] if display is not None else []
    everything: list[Callback] = [*stopping, *shown, CsvLog(), CurvesPicture(), Checkpoints(), *callbacks]
    try:
        for callback in everything:
            callback.started(run)
        _compile(run)
        with Interruption() as interruption:
            _train(run, everything, interruption)
            for callback in everything:
                callback.finished(run)
    finally:
        for callback in everything:
            callback.closed()
    return run.history


def _begin(
    module: TrainableModule, data: Data, validation: Data | float | None, config: TrainConfig, out: Path | None
) -> Run:
    graph = module.network.graph
    if config.batch_size > module.batch_size:
        raise misfit(
            "the module is compiled for smaller batches", expected=f"batch_size up to {module.batch_size}",
            found=f"batch_size: {config.batch_size}", hint=f"gn.compile(..., batch_size={config.batch_size})",
        )  # fmt: skip
    if config.accumulate > 1 and not isinstance(module, AccumulatingModule):
        raise misfit(
            "this module cannot accumulate gradients", expected="accumulate: 1",
            found=f"accumulate: {config.accumulate}", hint="a larger batch_size, if memory allows",
        )  # fmt: skip
    settings_by_parameter(config.optimizer, graph.parameters)  # refuses groups that match nothing, before anything runs
    pipeline = Pipeline.of(config, graph)
    chosen = config.validation if validation is None else validation
    dataset = as_dataset(data, graph, augment=config.augment)
    training, held = hold_out(dataset, chosen, graph, seed=config.seed, augment=config.augment)
    module.set_optimizer(config.optimizer, config.gradient_clip)
    return Run(module, config, training, held, pipeline, Plan.of(config, len(training)), out)


def _folder(resume: Path) -> Path:
    return resume if resume.is_dir() else resume.parent


def _compile(run: Run) -> None:
    """Compile before the clock runs."""
    if run.is_done:
        return
    for purpose in ("train",) if run.plan.accumulate == 1 else ("accumulate", "apply"):
        run.module.prepare(purpose)
    if run.validation is not None:
        run.module.prepare("evaluate")


def _train(run: Run, callbacks: Sequence[Callback], interruption: Interruption) -> None:
    while not run.is_done:
        with closing(_batches(run)) as batches:
            while run.progress.position < run.plan.steps_per_epoch and run.progress.step < run.plan.total_steps:
                if interruption.requested:
                    run.history.interrupted = True
                    run.stop(f"interrupted by {interruption.requested}")
                    return
                _step(run, batches)
                for callback in callbacks:
                    callback.stepped(run)
        row = _report(run)
        run.history.rows.append(row)
        run.progress.next_epoch()
        for callback in callbacks:
            callback.epoch_ended(run, row)


def _batches(run: Run) -> Generator[Batch, None, None]:
    """What is left of the running epoch."""
    order = run.data.order(run.progress.epoch, run.config.seed)
    parts = run.plan.parts(order, run.progress.position)
    return training_batches(run.data, run.pipeline, parts, run.progress.epoch)


def _step(run: Run, batches: Iterator[Batch]) -> None:
    """One update, with one batch or the several that it accumulates."""
    progress, plan, config = run.progress, run.plan, run.config
    began = time.perf_counter()
    factor = config.schedule.factor(progress.step, plan.steps_per_epoch, plan.total_steps)
    progress.lr = config.optimizer.lr * factor
    run.module.set_hyper(lr=progress.lr)
    wanted = min(plan.per_update, plan.samples - progress.position * plan.per_update)
    taken = 0
    while taken < wanted:
        batch = next(batches)
        samples = len(next(iter(batch.values())))
        taken += samples
        if isinstance(run.module, AccumulatingModule) and plan.accumulate > 1:
            loss = run.module.accumulate_step(batch, samples / wanted, last=taken == wanted)
        else:
            loss = run.module.train_step(batch)
        if not math.isfinite(loss):
            raise _diverged(run, batch, loss)
        progress.loss_sum += loss * samples
        progress.seen += samples
    progress.position += 1
    progress.step += 1
    progress.seconds += time.perf_counter() - began


def _report(run: Run) -> Row:
    """The row of the epoch that just ended."""
    progress = run.progress
    row: Row = {"epoch": progress.epoch + 1, "step": progress.step, "lr": progress.lr, "loss": progress.mean_loss}
    if run.validation is not None:
        found = evaluate(run.module, run.validation, run.pipeline, tables=False)
        row |= {f"val_{name}": float(value) for name, value in found.items()}
    speed = progress.seen / progress.seconds if progress.seconds else math.nan
    return row | {"seconds": progress.seconds, "samples_per_second": speed}


def _diverged(run: Run, batch: Batch, loss: float) -> RunError:
    """The error for a loss that is not finite, naming where it began."""
    where = f"the loss is {loss} at epoch {run.progress.epoch + 1}, step {run.progress.step + 1}"
    broken = [path for path, array in run.module.parameters.items() if not np.isfinite(array).all()]
    if broken:
        return RunError(
            f"{where}: the last update left '{broken[0]}' not finite; a lower lr or a `gradient_clip` may help"
        )
    first = run.module.first_nonfinite(batch)
    if first is None:
        return RunError(f"{where}, though the output of every layer is finite; a lower lr may help")
    layer, span = first
    place = f" ({span})" if span else ""
    return RunError(
        f"{where}: layer '{layer}'{place} is the first whose output is not finite; "
        "a lower lr, a `gradient_clip` or smaller inputs may help"
    )
