"""The boxes of both passes, cut into columns, with arrows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import Final

from graphnet.analysis.structure import Repeat
from graphnet.analysis.units import format_shape
from graphnet.ir.graph import Node, Value
from graphnet.view.canvas import Digraph, canvas, identifier
from graphnet.view.columns import GAP, Piece, place_cuts
from graphnet.view.drawing import Drawing
from graphnet.view.ladder import Box, Ladder
from graphnet.view.markup import html, quiet, stack, text
from graphnet.view.palette import (
    ACCENT,
    BACKWARD_INK,
    CLUSTER_FILLS,
    INPUT,
    OUTPUT,
    PAPER,
    SAVED_INK,
    TARGET,
    Tint,
)  # fmt: skip

SIDE: Final = 300.0
"""Width of a side, about, in points."""
WHOLE: Final = 1000
"""What cutting through a repeated block would cost, in values that go on in another column."""


def draw_ladder(ladder: Ladder) -> Drawing:
    """The drawing of all that a ladder holds."""
    return Drawing(ladder.heading, tuple(_Panels(ladder).panels))


class _Panels:
    """The boxes of a ladder, cut into columns, with arrows between them."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder, self.graph = ladder, ladder.graph
        self.column = self._columns()
        count = 1 + max(self.column.values(), default=0)
        for value, start, end, _ in ladder.arrows:  # inputs and targets stand where they are read first
            if start is None:
                name = identifier(value.role, value.name)
                self.column[name] = min(self.column.get(name, count), self.column[end])
        looks = {"ranksep": "0.2", "nodesep": "0.45", "newrank": "true", "outputorder": "edgesfirst"}
        self.panels = [canvas(**looks) for _ in range(count)]
        self._strands: dict[Value, int] = {}
        self._drawn: set[tuple[str, str]] = set()
        self._sources()
        for box in ladder.boxes.values():
            self._box(box)
        for value, start, end, reader in ladder.arrows:
            self._arrow(value, start, end, reader)
        self._outputs()

    # -- columns -------------------------------------------------------------------------------------------------

    def _columns(self) -> dict[str, int]:
        """The column of each box: forward boxes in order, each with the backward boxes of its layer."""
        boxes = self.ladder.boxes
        rows: dict[str, list[Box]] = {box.name: [box] for box in boxes.values() if not box.is_backward}
        by_layer = {box.layer: box.name for box in boxes.values() if not box.is_backward}
        final = next(reversed(rows), "")
        for box in boxes.values():
            if box.is_backward:
                rows.setdefault(box.beside or by_layer.get(box.layer, final), []).append(box)
        place = {box.name: k for k, row in enumerate(rows.values()) for box in row}
        breadth = SIDE * (1 + bool(self.ladder.backward)) * self._parallels(list(rows))
        cuts = place_cuts([self._piece(row, breadth) for row in rows.values()], self._crossings(rows, place))
        return {name: sum(k > cut for cut in cuts) for name, k in place.items()}

    def _parallels(self, rows: Sequence[str]) -> float:
        """How many forward boxes depend on none of each other, on average: their arrows run side by side."""
        above: dict[str, set[str]] = {}
        for _, start, end, _ in self.ladder.arrows:
            if start in rows and end in rows:
                above.setdefault(end, set()).add(str(start))
        depths: dict[str, int] = {}
        for name in rows:
            depths[name] = 1 + max((depths.get(other, 0) for other in above.get(name, ())), default=0)
        return len(rows) / max(depths.values(), default=1)

    def _piece(self, row: Sequence[Box], breadth: float) -> Piece:
        sides = [[box.height + GAP for box in row if box.is_backward == side] for side in (False, True)]
        head = next(node for node in self.graph.nodes if node.layer == row[0].layer)
        return Piece((head,), max(map(sum, sides)), breadth)

    def _crossings(self, rows: Mapping[str, Sequence[Box]], place: Mapping[str, int]) -> list[int]:
        """For each row, how many values go on in a row behind it, or come from there."""
        spans: dict[Value, tuple[int, int]] = {}
        for value, start, end, _ in self.ladder.arrows:
            if start is not None and not self.ladder.is_minor(value):
                low, high = spans.get(value, (place[start], place[start]))
                spans[value] = min(low, place[end]), max(high, place[end])
        found = [sum(low <= k < high for low, high in spans.values()) for k in range(len(rows))]
        frames = [self.ladder.folds.frames.get(row[0].layer, ()) for row in rows.values()]
        for k, (before, after) in enumerate(pairwise(frames)):
            if before and after and before[0] is after[0]:
                found[k] += WHOLE
        return found

    # -- boxes ---------------------------------------------------------------------------------------------------

    def _box(self, box: Box) -> None:
        with ExitStack() as frames:
            dot = self.panels[self.column[box.name]]
            for depth, repeat in enumerate(self.ladder.folds.frames.get(box.layer, ())):
                dot = frames.enter_context(dot.subgraph(name=f"cluster {repeat.first.path}"))
                dot.attr(**_frame(repeat, depth))
            dot.node(box.name, box.label, group="backward" if box.is_backward else "forward")
        if box.beside is not None:
            with self.panels[self.column[box.name]].subgraph() as row:
                row.attr(rank="same")
                row.edge(box.beside, box.name, key="beside", style="invis")

    def _sources(self) -> None:
        for value in (*self.graph.inputs, *self.graph.targets):
            name = identifier(value.role, value.name)
            if value.role == "input" or name in self.column:
                dot = self.panels[self.column.get(name, 0)]
                self._pill(dot, value.role, value.name, value, INPUT if value.role == "input" else TARGET)

    def _outputs(self) -> None:
        for name, value in self.graph.outputs.items():
            start = self.ladder.start(value)
            if start is not None:
                dot = self.panels[self.column[start]]
                self._pill(dot, "output", name, value, OUTPUT)
                dot.edge(start, identifier("output", name))

    def _pill(self, dot: Digraph, kind: str, name: str, value: Value, tint: Tint) -> None:
        facts = " ".join([kind, *(format_shape(value.type.sample_shape),) * bool(value.type.sample_shape)])
        dot.node(
            identifier(kind, name), stack([text(name, bold=True), quiet(facts)]), shape="box", style="rounded,filled",
            margin="0.14,0.04", fillcolor=tint.fill, color=tint.line, penwidth="1.2",
        )  # fmt: skip

    # -- arrows --------------------------------------------------------------------------------------------------

    def _arrow(self, value: Value, start: str | None, end: str, reader: Node) -> None:
        column, start = self.column[end], start or identifier(value.role, value.name)
        if self.column[start] != column:
            if self.ladder.is_minor(value):
                return
            start = self._strand(value, start, column)
        self._edge(self.panels[column], value, start, end, self.ladder.is_backward(reader))

    def _strand(self, value: Value, start: str, column: int) -> str:
        """A circle where a value comes into a column, with the number of the one in which it left its own."""
        number = self._strands.setdefault(value, len(self._strands) + 1)
        leaving = identifier("to", str(number))
        entering = identifier("from", f"{number} in column {column + 1}")
        is_gradient = self.ladder.is_gradient(value)
        home = self.panels[self.column[start]]
        for dot, name in ((home, leaving), (self.panels[column], entering)):
            dot.node(
                name, html(text(str(number), bold=True, color=ACCENT)), shape="circle", style="filled", fillcolor=PAPER,
                color=BACKWARD_INK if is_gradient else ACCENT, margin="0.03", width="0.25",
                group="backward" if is_gradient else "forward",
            )  # fmt: skip
        self._edge(home, value, start, leaving, is_gradient)
        return entering

    def _edge(self, dot: Digraph, value: Value, start: str, end: str, is_read_behind: bool) -> None:
        """One arrow, unless there is one between the two already."""
        if (start, end) in self._drawn:
            return
        self._drawn.add((start, end))
        shape = f" {format_shape(value.type.sample_shape)} " if value.type.sample_shape else ""
        if not is_read_behind:
            dot.edge(start, end, label=shape)
        elif self.ladder.is_gradient(value):
            # points up: for the layout it is an arrow down, drawn backwards
            dot.edge(end, start, label=shape, dir="back", color=BACKWARD_INK, fontcolor=BACKWARD_INK)
        else:
            dot.edge(start, end, style="dashed", color=SAVED_INK, constraint="false", arrowhead="open")


def _frame(repeat: Repeat, depth: int) -> dict[str, str]:
    """The looks of a frame around a repeated block."""
    title = text(f"{repeat.instances[0].path} – {repeat.instances[-1].name}", bold=True)
    title += f" {quiet(repeat.first.kind)} {text(f'× {repeat.count}', color=ACCENT, bold=True)}"
    return {
        "label": html(title), "labeljust": "l", "labelloc": "t", "style": "rounded,filled", "margin": "10",
        "fillcolor": CLUSTER_FILLS[depth % len(CLUSTER_FILLS)], "color": ACCENT, "penwidth": "1.4",
    }  # fmt: skip
