"""Where the time of a step goes, kernel by kernel.

Every kernel runs between barriers, so its time is its own, and includes waiting for its slowest worker. Multiply-adds
count two operations; bytes are those of the values that the kernel reads and writes, each once, wherever they lie:
a rate above the memory's means that they came from a cache. `body` says what the kernel is made of: a register tile, or
a loop nest.

    python tools/profile_kernels.py specs/lenet/lenet5.yaml
    python tools/profile_kernels.py specs/digits.yaml --purpose predict --threads 1 --top 10
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from contestants import graphnet_model, random_batch
from peak import MultiplyAddPeak
from rich.console import Console
from rich.table import Table

import graphnet
from graphnet.core.types import BATCH, product
from graphnet.ir.comprehension import Comprehension
from graphnet.model import Model
from graphnet.runtime.arrays import numpy_dtype
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.executable import Executable

BARRIER_STEPS = 20
"""Steps of one measurement; the fastest of several measurements counts."""


@dataclass(frozen=True)
class KernelFigures:
    """What one kernel of a step took and did.

    Attributes:
        seconds: of a step.
        macs: multiply-adds of a step, those in padding too.
        bytes: of the values that it reads and writes.
        body: tile or nest, with the family.
    """

    name: str
    seconds: float
    macs: int
    bytes: int
    body: str


def profile(executable: Executable, batch: int, threads: int, repeats: int) -> list[KernelFigures]:
    """Measure every kernel of a program whose inputs were fed."""
    program = executable.program
    program.run_profiled(threads, BARRIER_STEPS)
    runs = [program.run_profiled(threads, BARRIER_STEPS) for _ in range(repeats)]
    fastest = [min(times) * 1e-9 for times in zip(*runs, strict=True)]
    kernels = [(stage, kernel, made) for stage in executable.stages for kernel, made in stage.kernels]
    figures = []
    for seconds, (stage, kernel, made) in zip(fastest, kernels, strict=True):
        layouts = stage.laid.layouts
        touched = dict.fromkeys((*kernel.reads, *kernel.writes))
        size = sum(layouts[v].size(batch) * numpy_dtype(v.type.dtype, executable.floats).itemsize for v in touched)
        macs = sum(_macs(node.comprehension, batch) for node in kernel.nodes)
        body = "tile" if "= tile_" in made.source.text else "nest"
        figures.append(KernelFigures(kernel.name, seconds, macs, size, f"{made.family}, {body}"))
    return figures


def _macs(op: Comprehension, batch: int) -> int:
    """Multiply-adds of a contraction; of a strided input gradient's taps, only those that fall on a window count."""
    if op.family != "contraction":
        return 0
    every = product(batch if loop.extent == BATCH else int(loop.extent) for loop in (*op.out, *op.reduce))
    return every // product(index.divisor for read in op.reads for index in read.index)


def whole_step(model: Model, purpose: str, batch: Mapping[str, Any], repeats: int) -> tuple[float, float]:
    """Seconds of a step as users call it, and of the part that only copies inputs: the fastest of many."""
    step: Callable[[Mapping[str, Any]], object] = {
        "train": model.train_step,
        "gradients": model.loss_and_gradients,
        "predict": model.predict,
    }[purpose]
    arrays = {name: np.asarray(array) for name, array in batch.items()}
    executable = model.programs[purpose].executable
    steps, feeds = [], []
    for _ in range(repeats * BARRIER_STEPS):
        before = time.perf_counter()
        step(batch)
        between = time.perf_counter()
        executable.feed(arrays)
        steps.append(between - before)
        feeds.append(time.perf_counter() - between)
    return min(steps), statistics.median(feeds)


def report(figures: list[KernelFigures], step: float, feed: float, peak: float, top: int | None) -> Table:
    """The kernels, slowest first if only some are asked for; then the sums.

    Args:
        peak: multiply-adds a second of all threads.
    """
    total = sum(f.seconds for f in figures)
    shown = sorted(figures, key=lambda f: -f.seconds)[:top] if top else figures
    macs = sum(f.macs for f in figures)
    table = Table()
    for heading in ("kernel", "body", "us", "share", "GFLOP/s", "of peak", "GB/s", "KiB"):
        table.add_column(heading, justify="left" if heading in ("kernel", "body") else "right")
    for f in shown:
        rate = f.macs / f.seconds
        table.add_row(
            f.name, f.body, f"{f.seconds * 1e6:.1f}", f"{f.seconds / total:.1%}",
            *((f"{2 * rate / 1e9:.1f}", f"{rate / peak:.0%}") if f.macs else ("", "")),
            f"{f.bytes / f.seconds / 1e9:.1f}", f"{f.bytes / 1024:.0f}",
        )  # fmt: skip
    table.add_section()
    table.add_row("all kernels", f"{len(figures)}", f"{total * 1e6:.1f}", "100%", f"{2 * macs / total / 1e9:.1f}",
                  f"{macs / total / peak:.0%}", "", "")  # fmt: skip
    table.add_row("the step as called, without profiling", "", f"{step * 1e6:.1f}")
    table.add_row("  of it copying inputs", "", f"{feed * 1e6:.1f}")
    return table


def main(arguments: list[str]) -> None:
    """Profile one program of a spec and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("--purpose", choices=("train", "gradients", "predict"), default="train")
    parser.add_argument("--batch", type=int, default=64, help="samples of a step (64)")
    parser.add_argument("--threads", type=int, default=usable_cores(), help="workers (all cores)")
    parser.add_argument("--repeats", type=int, default=10, help="measurements, of which the fastest counts (10)")
    parser.add_argument("--top", type=int, help="only the slowest kernels")
    parser.add_argument("--json", action="store_true", help="print one JSON object; times in seconds")
    options = parser.parse_args(arguments)
    network = graphnet.load(options.spec)
    model = graphnet_model(network, options.batch, options.threads)
    batch = random_batch(network, options.batch)
    executable = model.prepare(options.purpose).executable
    step, feed = whole_step(model, options.purpose, batch, options.repeats)
    figures = profile(executable, options.batch, options.threads, options.repeats)
    peak = MultiplyAddPeak("float32").measure() * options.threads
    if options.json:
        kernels = [asdict(f) for f in figures]
        json.dump({"step": step, "feed": feed, "peak_macs": peak, "kernels": kernels}, sys.stdout, indent=1)
    else:
        console = Console(width=None if sys.stdout.isatty() else 150)
        console.print(f"{network.name}, {options.purpose}, batch {options.batch}, {options.threads} threads")
        console.print(report(figures, step, feed, peak, options.top))


if __name__ == "__main__":
    main(sys.argv[1:])
