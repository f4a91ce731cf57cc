"""Where the time of a step goes, kernel by kernel."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from graphnet.core.source import SourceSpan
from graphnet.core.types import BATCH, product
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Node
from graphnet.ir.schedule import FusedKernel
from graphnet.runtime.arrays import numpy_dtype
from graphnet.runtime.executable import Executable, Stage

MOST_STEPS: Final = 20
"""Steps of one measurement."""
MOST_MEASUREMENTS: Final = 10


@dataclass(frozen=True)
class KernelTiming:
    """What one kernel of a step took and did.

    Attributes:
        name: of this use: the layers and steps it serves.
        form: what it computes, without layers.
        layers: those it serves, with the places where they were written.
        family: pointwise, reduction, contraction or movement.
        body: what it is made of: a register `tile`, or a loop `nest`.
        backward: whether it computes gradients.
        seconds: of a step.
        macs: multiply-adds of a step that do not fall on padding.
        bytes: of the values that it reads and writes, each once.
    """

    name: str
    form: str
    layers: tuple[tuple[str, SourceSpan | None], ...]
    family: str
    body: str
    backward: bool
    seconds: float
    macs: int
    bytes: int


def profile(executable: Executable, workers: int, seconds: float = 1.0) -> list[KernelTiming]:
    """Measure every kernel of a program that has been fed.

    Each runs between barriers, so its time is its own, and includes waiting for its slowest worker. The fastest of
    several measurements counts, each of which is a mean over some steps.

    Args:
        executable: the program.
        workers: how many threads run it.
        seconds: about how long to measure; at least two measurements of a step are made.
    """
    program = executable.program
    before = time.perf_counter()
    program.run_profiled(workers)
    step = time.perf_counter() - before
    steps = max(1, min(MOST_STEPS, int(seconds / MOST_MEASUREMENTS / step)))
    measurements = max(2, min(MOST_MEASUREMENTS, int(seconds / (steps * step))))
    runs = [program.run_profiled(workers, steps) for _ in range(measurements)]
    fastest = [min(times) * 1e-9 for times in zip(*runs, strict=True)]
    kernels = [(stage, position) for stage in executable.stages for position in range(len(stage.kernels))]
    return [
        _timing(executable, stage, position, seconds)
        for (stage, position), seconds in zip(kernels, fastest, strict=True)
    ]


def _timing(executable: Executable, stage: Stage, position: int, seconds: float) -> KernelTiming:
    kernel, made = stage.kernels[position]
    return KernelTiming(
        kernel.name, made.source.name, _layers(kernel), made.family,
        "tile" if "tile_" in made.source.text else "nest", kernel.root.backward, seconds,
        sum(useful_macs(node, executable.batch) for node in kernel.nodes), _bytes(executable, stage, kernel),
    )  # fmt: skip


def _layers(kernel: FusedKernel) -> tuple[tuple[str, SourceSpan | None], ...]:
    return tuple({node.layer: node.span for node in reversed(kernel.nodes) if node.layer}.items())[::-1]


def _bytes(executable: Executable, stage: Stage, kernel: FusedKernel) -> int:
    layouts, batch = stage.laid.layouts, executable.batch
    touched = dict.fromkeys((*kernel.reads, *kernel.writes))
    return sum(layouts[v].size(batch) * numpy_dtype(v.type.dtype, executable.floats).itemsize for v in touched)


def useful_macs(node: Node, batch: int) -> int:
    """Multiply-adds of a contraction that do not fall on padding, or between the windows of a strided one.

    Args:
        node: of a lowered graph.
        batch: samples of the step.
    """
    op = node.comprehension
    prepares = op.filtering is not None and op.filtering.step == "weights"  # products that only this way needs
    if op.family != "contraction" or prepares:
        return 0
    extents = {name: batch if extent == BATCH else int(extent) for name, extent in op.extents.items()}
    share = Fraction(product(extents.values()))
    for read in op.reads:
        for index, length in zip(read.index, node.inputs[read.operand].type.shape, strict=True):
            share *= _share_inside(index, extents, batch if length == BATCH else int(length))
    return int(share)


def _share_inside(index: Index, extents: Mapping[str, int], length: int) -> Fraction:
    """Which part of an index's positions lies on its axis."""
    low, high = (0, 0) if index.slot is not None else index.range(extents)
    if index.divisor == 1 and low >= 0 and high < length:
        return Fraction(1)
    loops = sorted(index.loops)
    positions = itertools.product(*(range(extents[loop]) for loop in loops))
    numerators = [index.at(dict(zip(loops, position, strict=True))) for position in positions]
    inside = sum(n % index.divisor == 0 and 0 <= n // index.divisor < length for n in numerators)
    return Fraction(inside, len(numerators))
