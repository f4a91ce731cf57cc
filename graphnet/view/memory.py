"""The picture of a memory plan: when each buffer lives (across) and where it lies in the arena (up)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graphnet.analysis.units import format_bytes
from graphnet.ir.graph import Value
from graphnet.ir.schedule import MemoryPlan, Placement, Schedule
from graphnet.view.canvas import canvas, heading, legend
from graphnet.view.drawing import Drawing
from graphnet.view.markup import SMALL, html, quiet, text
from graphnet.view.palette import (
    ACCENT,
    AMBER,
    BACKWARD_FRAME,
    BLUE,
    CORAL,
    FORWARD_FRAME,
    GRID,
    INK,
    QUIET_INK,
    STONE,
    Tint,
)  # fmt: skip
from graphnet.view.passes import forward_nodes, makers

HEIGHT: Final = 400.0
"""Of the arena, in points."""
WIDTHS: Final = (420.0, 1100.0)
"""Least and most width of all kernels together, in points."""
KERNEL_WIDTH: Final = 14.0
LETTER: Final = 4.6
"""Width of a small letter, in points: what decides whether a name fits into its rectangle."""
TICKS: Final = 8

KEPT, PASSING, GRADIENT, SCRATCH = "kept for the backward pass", "forward", "gradient", "scratch"
TINTS: Final = {KEPT: BLUE, PASSING: AMBER, GRADIENT: CORAL, SCRATCH: STONE}


def draw_memory(schedule: Schedule) -> Drawing:
    """Draw a plan: buffers as rectangles, the peak, and the lower bound that no plan for this order can beat.

    All positions are fixed, so the document is to be laid out by `nop` (`neato -n`).
    """
    chart = _Chart(schedule)
    return Drawing(chart.heading, (chart.dot,), "nop")


@dataclass(frozen=True)
class _Scale:
    """From kernels and bytes to points."""

    kernels: int
    peak: int

    @property
    def width(self) -> float:
        return min(max(WIDTHS[0], self.kernels * KERNEL_WIDTH), WIDTHS[1])

    def x(self, kernel: float) -> float:
        return kernel / max(self.kernels, 1) * self.width

    def y(self, offset: float) -> float:
        return offset / max(self.peak, 1) * HEIGHT


class _Chart:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.plan = schedule, schedule.plan
        self.scale = _Scale(len(schedule.fused.kernels), self.plan.peak)
        self.held: dict[str, list[Value]] = {}
        for value, name in schedule.buffers.items():
            self.held.setdefault(name, []).append(value)
        kinds = self._kinds()
        used = {kind: tint for kind, tint in TINTS.items() if kind in kinds.values()}
        figures = quiet(_describe(self.plan, self.scale.kernels))
        self.heading = heading(schedule.fused.graph.name, figures, legend(used))
        self.dot = canvas(layout="nop", splines="line", outputorder="nodesfirst")
        self._ground()
        for placement in self.plan.placements:
            self._rectangle(placement, TINTS[kinds[placement.name]])
        self._line("lower bound", self.plan.lower_bound, style="dashed", above=False)
        self._line("peak", self.plan.peak, style="solid", above=True)

    def _kinds(self) -> dict[str, str]:
        """What each placement is for, by its name."""
        graph = self.schedule.fused.graph
        ahead, made, readers = forward_nodes(graph), makers(graph), graph.consumers()

        def kind(values: Sequence[Value]) -> str:
            if not values:
                return SCRATCH
            if all(v in made and made[v] not in ahead for v in values):
                return GRADIENT
            kept = any(reader not in ahead for v in values for reader in readers.get(v, ()))
            return KEPT if kept else PASSING

        return {p.name: kind(self.held.get(p.name, [])) for p in self.plan.placements}

    def _rectangle(self, placement: Placement, tint: Tint) -> None:
        end = min(placement.last + 1, self.scale.kernels)  # what the caller reads lives on after the last kernel
        left, right = self.scale.x(placement.first), self.scale.x(end)
        bottom, top = self.scale.y(placement.offset), self.scale.y(placement.offset + placement.size)
        name = self.held[placement.name][0].name if placement.name in self.held else placement.name
        fits = top - bottom >= SMALL + 2 and right - left >= LETTER * len(name) + 6
        extent = f"{format_bytes(placement.size)} at {placement.offset:,}, kernels {placement.first} to {end - 1}"
        self._box(
            f"buffer {placement.name}", (left + right) / 2, (bottom + top) / 2, right - left, top - bottom, tint,
            label=html(text(name, size=SMALL - 1)) if fits else "", tooltip=f"{extent}: {name}",
        )  # fmt: skip

    def _ground(self) -> None:
        """The arena behind the buffers, in a shade for each pass, with its scales."""
        kernels = self.schedule.fused.kernels
        ahead = forward_nodes(self.schedule.fused.graph)
        turn = next((k for k, kernel in enumerate(kernels) if kernel.root not in ahead), len(kernels))
        for name, first, last, tint in (
            ("forward pass", 0, turn, FORWARD_FRAME),
            ("backward pass", turn, len(kernels), BACKWARD_FRAME),
        ):
            if first < last:
                left, width = self.scale.x(first), self.scale.x(last) - self.scale.x(first)
                self._box(name, left + width / 2, HEIGHT / 2, width, HEIGHT, Tint(tint.fill, tint.fill))
                self._text(f"{name} label", left + width / 2, HEIGHT + 12, name)
        for offset in _ticks(self.plan.peak, binary=True):
            y = self.scale.y(offset)
            self._box(f"offset {offset}", self.scale.width / 2, y, self.scale.width, 0.01, Tint(GRID, GRID))
            self._text(f"offset {offset} label", -8, y, format_bytes(offset), align="RIGHT")
        for kernel in _ticks(self.scale.kernels - 1, binary=False):
            x = (self.scale.x(kernel) + self.scale.x(kernel + 1)) / 2
            self._text(f"kernel {kernel}", x, -10, str(kernel))
        self._text("kernels", self.scale.width / 2, -24, "kernels in the order of execution")

    def _line(self, words: str, offset: int, *, style: str, above: bool) -> None:
        y, color = self.scale.y(offset), INK if above else ACCENT
        for side, x in (("from", 0.0), ("to", self.scale.width + 6)):
            at = {"pos": _point(x, y), "shape": "point", "width": "0", "height": "0", "style": "invis"}
            self.dot.node(f"{words} {side}", "", **at)
        self.dot.edge(f"{words} from", f"{words} to", arrowhead="none", color=color, style=style, penwidth="1.3")
        beside = self.scale.width + 10, y + (6 if above else -6)
        self._text(f"{words} label", *beside, f"{words} {format_bytes(offset)}", "LEFT", color)

    # -- shapes ------------------------------------------------------------------------------------------------

    def _box(
        self, name: str, x: float, y: float, width: float, height: float, tint: Tint, label: str = "",
        tooltip: str = " ",
    ) -> None:  # fmt: skip
        self.dot.node(
            _plain(name), label, pos=_point(x, y), width=_inches(width), height=_inches(height), shape="box",
            fixedsize="true", style="filled", fillcolor=tint.fill, color=tint.line, penwidth="0.5",
            tooltip=_plain(tooltip),
        )  # fmt: skip

    def _text(self, name: str, x: float, y: float, words: str, align: str = "CENTER", color: str = QUIET_INK) -> None:
        """Words whose middle, left or right end is at x."""
        width = round(LETTER * len(words) * 1.4) + 4
        centre = {"CENTER": x, "LEFT": x + width / 2, "RIGHT": x - width / 2}[align]
        cell = f'<TD WIDTH="{width}" ALIGN="{align}">{text(words, size=SMALL, color=color)}</TD>'
        label = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>'
        self.dot.node(name, html(label), pos=_point(centre, y))


def _describe(plan: MemoryPlan, kernels: int) -> str:
    over = 100 * (plan.peak - plan.lower_bound) / max(plan.lower_bound, 1)
    quality = f"{over:.1f}% above the lower bound" if over else "as little as any plan for this order needs"
    return f"{len(plan.placements)} buffers in {format_bytes(plan.peak)} over {kernels} kernels · {quality}"


def _ticks(end: int, *, binary: bool) -> Iterator[int]:
    """Round numbers from 0 to `end`, about `TICKS` of them: 1, 2 or 5 times a power of ten, or powers of two."""
    step = 1
    sizes = [2**k for k in range(60)] if binary else [m * 10**k for k in range(9) for m in (1, 2, 5)]
    for step in sizes:
        if end / step <= TICKS:
            break
    yield from range(0, end + 1, step)


def _plain(words: str) -> str:
    """Without what Graphviz would take for a port or an escape."""
    return words.replace(":", "/").replace("\\", "/")


def _point(x: float, y: float) -> str:
    return f"{x:.1f},{y:.1f}"


def _inches(points: float) -> str:
    return f"{points / 72:.4f}"
