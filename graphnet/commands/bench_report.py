"""What a benchmark found, as JSON and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from graphnet.analysis.units import format_count
from graphnet.core.source import SourceSpan
from graphnet.frontend.writing.wording import counted
from graphnet.runtime.profile import KernelTiming

NAMED: Final = 3
"""Layers that a row names."""


@dataclass(frozen=True)
class StepTimes:
    """Seconds of steps as users call them.

    Attributes:
        median, best: of a step.
        feed: of the part that only copies inputs, the median.
    """

    median: float
    best: float
    feed: float


@dataclass(frozen=True)
class BenchReport:
    """Figures of a step.

    Attributes:
        network: its name.
        purpose: `train` or `predict`.
        batch: samples of the step.
        threads: that run it.
        step: its times.
        kernels: in the order in which they run.
        peak: multiply-adds a second that all threads could do.
        bandwidth: bytes a second that all threads together stream through memory.
    """

    network: str
    purpose: str
    batch: int
    threads: int
    step: StepTimes
    kernels: tuple[KernelTiming, ...]
    peak: float
    bandwidth: float

    @property
    def macs(self) -> int:
        """Multiply-adds that the step cannot do without."""
        return sum(kernel.macs for kernel in self.kernels)

    @property
    def limit(self) -> float:
        """Seconds of the step if the vector units never waited."""
        return self.macs / self.peak

    def share_of_limit(self, kernel: KernelTiming) -> float:
        """What part of its limit a kernel reaches: of multiply-adds if it has some, else of memory's rate."""
        wanted = kernel.macs / self.peak if kernel.macs else kernel.bytes / self.bandwidth
        return wanted / kernel.seconds

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values: seconds, and rates a second."""
        return {
            "network": self.network,
            "purpose": self.purpose,
            "batch": self.batch,
            "threads": self.threads,
            "step": {"median": self.step.median, "best": self.step.best, "feed": self.step.feed},
            "samples_per_second": self.batch / self.step.median,
            "macs": self.macs,
            "limit": self.limit,
            "share_of_limit": self.limit / self.step.median,
            "peak_macs_per_second": self.peak,
            "memory_bytes_per_second": self.bandwidth,
            "kernels": [self._kernel_to_json(kernel) for kernel in self.kernels],
        }

    def _kernel_to_json(self, kernel: KernelTiming) -> dict[str, Any]:
        return {
            "name": kernel.name,
            "form": kernel.form,
            "family": kernel.family,
            "body": kernel.body,
            "backward": kernel.backward,
            "serves": [{"layer": layer, "file": span and span.file, "line": span and span.line}
                       for layer, span in kernel.layers],
            "seconds": kernel.seconds,
            "macs": kernel.macs,
            "bytes": kernel.bytes,
            "flops_per_second": 2 * kernel.macs / kernel.seconds,
            "bytes_per_second": kernel.bytes / kernel.seconds,
            "bound": "multiply-adds" if kernel.macs else "memory",
            "share_of_limit": self.share_of_limit(kernel),
        }  # fmt: skip


@dataclass(frozen=True)
class BenchTables:
    """Prints a report.

    Args:
        report: the figures.
        top: how many kernels are listed, the slowest; None for all, in the order in which they run.
    """

    report: BenchReport
    top: int | None

    def __rich__(self) -> RenderableType:
        return Group(*self._heading(), self._table())

    def _heading(self) -> Iterator[Text]:
        found, step = self.report, self.report.step
        what = "training step" if found.purpose == "train" else "prediction"
        size = f"{counted(found.batch, 'sample')}, {counted(found.threads, 'thread')}"
        yield Text(f"{found.network}: {what} of {size}", "bold")
        rate = f"{found.batch / step.median:,.0f} samples/s"
        yield Text(
            f"{_time(step.median)} a step, {_time(step.best)} at best; {rate}; {_time(step.feed)} to copy inputs"
        )
        needed = f"{format_count(found.macs)} multiply-adds would take {_time(found.limit)}"
        limits = f"{2e-9 * found.peak:,.0f} GFLOP/s; memory gives {1e-9 * found.bandwidth:,.0f} GB/s"
        yield Text(f"{found.limit / step.median:.0%} of the limit: its {needed} at {limits}")

    def _table(self) -> Table:
        found, kernels = self.report, self.report.kernels
        total = sum(kernel.seconds for kernel in kernels)
        shown: Sequence[KernelTiming] = kernels
        if self.top is not None and len(kernels) > self.top:
            shown = sorted(kernels, key=lambda kernel: -kernel.seconds)[: self.top]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("kernel", "serves", "spec"):
            table.add_column(heading, overflow="fold")
        for heading in ("µs", "share", "GFLOP/s", "GB/s", "of limit"):
            table.add_column(heading, justify="right", no_wrap=True)
        for kernel in shown:
            flops, share = 2e-9 * kernel.macs / kernel.seconds, found.share_of_limit(kernel)
            reached = f"{share:.0%}" if kernel.macs or share <= 1 else "cache"
            table.add_row(
                kernel.form, serves(kernel), lines(kernel), _microseconds(kernel.seconds),
                f"{kernel.seconds / total:.1%}", f"{flops:,.1f}" if kernel.macs else "",
                f"{1e-9 * kernel.bytes / kernel.seconds:,.1f}", reached,
            )  # fmt: skip
        rest = len(kernels) - len(shown)
        if rest:
            others = total - sum(kernel.seconds for kernel in shown)
            table.add_row(f"{rest} more (`--all`)", "", "", _microseconds(others), f"{others / total:.1%}")
        table.add_section()
        table.add_row(counted(len(kernels), "kernel"), "", "", _microseconds(total), "100%",
                      f"{2e-9 * found.macs / total:,.1f}", "", f"{found.limit / total:.0%}")  # fmt: skip
        return table


def serves(kernel: KernelTiming) -> str:
    """The layers that a kernel serves; those in the block of the first one without its path.

    Example:
        `block1.conv, bn, relu1`
    """
    layers = [layer for layer, _ in kernel.layers]
    if not layers:
        return ""
    block = layers[0].rpartition(".")[0] + "."
    names = [layers[0], *(layer.removeprefix(block) for layer in layers[1:])]
    return ", ".join(names if len(names) <= NAMED + 1 else [*names[:NAMED], f"{len(names) - NAMED} more"])


def lines(kernel: KernelTiming) -> str:
    """The lines of the spec that a kernel serves: `digits.yaml:14–16, 23`."""
    files: dict[str, set[int]] = {}
    for _, span in kernel.layers:
        if isinstance(span, SourceSpan):
            files.setdefault(span.short.rpartition(":")[0], set()).add(span.line)
    return ", ".join(f"{file}:{', '.join(_ranges(sorted(found)))}" for file, found in files.items())


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """`14–16` for three in a row."""
    start = before = None
    for number in [*numbers, None]:
        if before is not None and number != before + 1:
            yield f"{start}" if start == before else f"{start}–{before}"
            start = None
        start = number if start is None else start
        before = number


def _microseconds(seconds: float) -> str:
    return f"{1e6 * seconds:,.1f}"


def _time(seconds: float) -> str:
    """`1.22 ms`, `3.4 s`."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
