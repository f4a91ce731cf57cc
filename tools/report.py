"""What a comparison found, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comparison import Comparison
from rich.console import Console, RenderableType
from rich.table import Table


def report(found: Sequence[Comparison], console: Console, *, train: bool) -> None:
    """Print all that is known."""
    for part in parts(found, train=train):
        console.print(part, highlight=False, markup=False, soft_wrap=isinstance(part, str))


def parts(found: Sequence[Comparison], *, train: bool) -> Iterator[RenderableType]:
    """The tables, and the lines between them."""
    yield _speed(found, "training step" if train else "prediction")
    for c in found:
        yield from _ways(c)
    yield from _others(found)
    yield _limits(found)
    if any(c.memory for c in found):
        yield _memory(found)
    if any(c.one_thread for c in found):
        yield _scaling(found)
    if any(c.start_up for c in found):
        yield _start_up(found)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("network, batch")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _name(c: Comparison) -> str:
    return f"{c.network}, {c.batch}"


def _speed(found: Sequence[Comparison], what: str) -> Table:
    threads = ", ".join(sorted({f"{c.threads} thread{'s' * (c.threads > 1)}" for c in found}))
    table = _table(
        f"{what}, float32, {threads}",
        "graphnet ms",
        "rival ms",
        "ratio",
        "quartiles",
        "of bests",
        "least",
        "aim",
        "reached",
    )
    for c in found:
        low_high = "{:.2f} to {:.2f}".format(*c.ratio_quartiles) if c.ratio_quartiles else ""
        goal = (f"{c.goal.least:.1f}", f"{c.goal.aim:.1f}") if c.goal else ("", "")
        table.add_row(
            _name(c), _milliseconds(c.graphnet), "" if c.rival is None else _milliseconds(c.rival),
            "" if c.ratio is None else f"{c.ratio:.2f}", low_high,
            "" if c.ratio_of_bests is None else f"{c.ratio_of_bests:.2f}", *goal, c.verdict,
        )  # fmt: skip
    return table


def _ways(c: Comparison) -> Iterator[str]:
    yield f"{_name(c)}: one core's peak {2 * c.peak / 1e9:.0f} GFLOP/s, memory {c.bandwidth / 1e9:.0f} GB/s"
    for way, figure in c.ways.items():
        marked = "  <- compared with" if way == c.rival_way else ""
        yield f"  {way}: {figure if isinstance(figure, str) else f'{_milliseconds(figure)} ms at best'}{marked}"
    if c.difference is not None:
        yield f"  results of the first steps differ by {c.difference:.1e} at most"
    elif c.rival_way:
        yield "  results are not compared: dropout draws random numbers"


def _others(found: Sequence[Comparison]) -> Iterator[str]:
    yield from (f"{_name(c)}: other programs used {c.others:.2f} cores" for c in found if c.others is not None)
    disturbed = "; ".join(_name(c) for c in found if c.is_disturbed)
    if disturbed:
        yield f"other programs wanted the cores too, so do not trust these rows, measure again: {disturbed}"


def _limits(found: Sequence[Comparison]) -> Table:
    table = _table(
        "what the step would take at the machine's rates", "graphnet ms", "multiply-adds ms", "share", "kernels ms",
        "share",
    )  # fmt: skip
    for c in found:
        table.add_row(
            _name(c), _milliseconds(c.graphnet), _milliseconds(c.macs_limit), f"{c.macs_limit / c.graphnet:.0%}",
            _milliseconds(c.kernels_limit), f"{c.kernels_limit / c.graphnet:.0%}",
        )  # fmt: skip
    table.caption = "kernels: the sum over graphnet's, each its multiply-adds or its bytes, whichever takes longer"
    return table


def _memory(found: Sequence[Comparison]) -> Table:
    table = _table(
        "memory of a process beyond its imports, MiB", "graphnet", "PyTorch", "ratio", "arena", "its lower bound"
    )
    for c in found:
        if c.memory:
            m = c.memory
            table.add_row(
                _name(c), _mebibytes(m.graphnet), "" if m.torch is None else _mebibytes(m.torch),
                "" if m.ratio is None else f"{m.ratio:.2f}", _mebibytes(m.arena), _mebibytes(m.arena_bound),
            )  # fmt: skip
    return table


def _scaling(found: Sequence[Comparison]) -> Table:
    table = _table("graphnet with one thread, and with all", "one ms", "all ms", "times as fast", "threads")
    for c in found:
        if c.one_thread and c.all_threads:
            table.add_row(
                _name(c), _milliseconds(c.one_thread), _milliseconds(c.all_threads),
                f"{c.one_thread / c.all_threads:.2f}", str(c.threads),
            )  # fmt: skip
    return table


def _start_up(found: Sequence[Comparison]) -> Table:
    table = _table(
        "from a process's start to its first training step, seconds", "empty cache", "of it compiling", "filled cache",
        "of it compiling",
    )  # fmt: skip
    for c in found:
        if c.start_up:
            s = c.start_up
            table.add_row(_name(c), *(f"{v:.2f}" for v in (s.cold, s.cold_compile, s.warm, s.warm_compile)))
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3f}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:,.1f}" if count < 100 * 2**20 else f"{count / 2**20:,.0f}"
