"""`graphnet bench`: how fast a step is, and what keeps it from being faster."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from graphnet.commands.bench_report import BenchReport, BenchTables, StepTimes
from graphnet.commands.options import Batch, Exact, Json, Quiet, Set, Spec, Threads
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import failures_as_json, print_json, show
from graphnet.commands.training import forget_weights
from graphnet.model import Model, compile
from graphnet.runtime.arrays import Array
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.peak import MemoryPeak, MultiplyAddPeak
from graphnet.runtime.profile import profile
from graphnet.stages import batch_size_of
from graphnet.testing.batches import random_batch

WARM_UP: Final = 3
"""Steps that are not timed: caches fill, and workers start."""
FEWEST: Final = 5
"""Steps that are timed, however long they take."""
SHOWN: Final = 20
"""Kernels that are listed of more than that."""

Predict = Annotated[bool, typer.Option("--predict", help="Predictions instead of training steps.")]
Top = Annotated[int, typer.Option(min=1, metavar="N", help="List only the N slowest kernels.")]
All = Annotated[bool, typer.Option("--all", help="List all kernels, in the order in which they run.")]
Seconds = Annotated[float, typer.Option(min=0.0, metavar="S", help="About how long to measure steps, then kernels.")]


def run(
    spec: Spec, batch: Batch = None, threads: Threads = None, predict: Predict = False, top: Top = SHOWN,
    all_: All = False, seconds: Seconds = 2.0, exact: Exact = False, set_: Set = None,
    json: Json = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Measure a training step (or a prediction): its time, the share of what the machine could do, and each kernel's.

    The step's limit is the time of its multiply-adds, those on padding excepted, at the highest rate of the vector
    units. A kernel of multiply-adds is compared with that rate, which convolutions exceed that are computed with fewer
    products; any other with the rate of memory, which it may exceed where a cache holds what it reads. Data is random,
    and training steps leave the parameters as they are.
    """
    with failures_as_json(json):
        network = read_network(spec, set_, quiet=quiet)
        forget_weights(network)
        workers = min(threads, usable_cores()) if threads is not None else usable_cores()
        size = batch if batch is not None else batch_size_of(network)
        model = compile(network, batch_size=size, threads=workers, exact=exact)
        purpose = "train" if network.graph.losses and not predict else "predict"
        peak, memory = MultiplyAddPeak(model.dtype), MemoryPeak(model.dtype, workers)
        peak.measure()
        memory.measure()
        step = _time(model, purpose, seconds)
        kernels = profile(model.programs[purpose].executable, workers, seconds)
        report = BenchReport(
            network.name, purpose, size, workers, step, tuple(kernels),
            peak=peak.measure() * workers, bandwidth=memory.measure(),
        )  # fmt: skip
    if json:
        print_json(report.to_json())
    else:
        show(BenchTables(report, None if all_ else top), width=150)


def _time(model: Model, purpose: str, seconds: float) -> StepTimes:
    """Time steps with a random batch, until the time is up."""
    random = random_batch(model.graph, model.batch_size)
    batch = {name: a.astype(model.dtype) if a.dtype.kind == "f" else a for name, a in random.items()}
    if purpose == "train":
        model.set_hyper(lr=0.0)  # random labels must not drive the parameters away
    step = _step(model, purpose, batch)
    for _ in range(WARM_UP):
        step()
    executable = model.programs[purpose].executable
    steps: list[float] = []
    feeds: list[float] = []
    began = time.perf_counter()
    while len(steps) < FEWEST or time.perf_counter() - began < seconds:
        before = time.perf_counter()
        step()
        between = time.perf_counter()
        executable.feed(batch)
        steps.append(between - before)
        feeds.append(time.perf_counter() - between)
    return StepTimes(statistics.median(steps), min(steps), statistics.median(feeds))


def _step(model: Model, purpose: str, batch: Mapping[str, Array]) -> Callable[[], object]:
    if purpose == "train":
        return lambda: model.train_step(batch)
    inputs = {value.name: batch[value.name] for value in model.graph.inputs}
    return lambda: model.predict(inputs)
