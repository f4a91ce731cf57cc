"""The arrows of a network's drawing, and what they ask of the layout: branches in a row, levels of a U."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from graphnet.analysis.cost import is_layer
from graphnet.analysis.units import format_shapes
from graphnet.frontend.python.references import consumed
from graphnet.ir.graph import Node, Value
from graphnet.view.canvas import Digraph, identifier
from graphnet.view.markup import html, text
from graphnet.view.palette import ACCENT, PAPER
from graphnet.view.plan import Plan
from graphnet.view.valley import levels

BRANCHES: Final = 3
"""Branches from one value, or more, that stand side by side from their first layers on."""


class Arrows:
    """Draws how values come from box to box, and leave a column in a circle and come out of another one."""

    def __init__(self, plan: Plan, panels: Sequence[Digraph]) -> None:
        self.plan, self.graph, self.panels = plan, plan.graph, panels
        for number, value in enumerate(plan.columns.strands, start=1):
            self._strand(number, value)
        for node in self.graph.nodes:
            if node not in plan.stand_ins and plan.heads[node] is node:
                self._box(node)
        for value, nodes in self.graph.consumers().items():
            if value.role in ("node", "input"):
                self._branches(nodes)
        for name, value in self.graph.outputs.items():
            self._arrow(value, identifier("output", name), None, plan.column(value))
        if plan.valley is not None:
            panels[0].attr(newrank="true", nodesep="0.6")
            for pair in levels(plan.valley, plan.heads, self.graph):
                with panels[0].subgraph() as row:
                    row.attr(rank="same")
                    for box in pair:
                        row.node(identifier("layer", box.name))

    def _strand(self, number: int, value: Value) -> None:
        """Circles with a number: a value that ends in one goes on at the same number in other columns."""
        home = self.plan.column(value)
        readers = {self.plan.columns.of[node] for node in self.graph.nodes if value in node.inputs}
        leaving = identifier("to", str(number))
        for column in sorted({home, *readers}):
            self.panels[column].node(
                leaving if column == home else self._entry(value, column),
                html(text(str(number), bold=True, color=ACCENT)), shape="circle", style="filled", fillcolor=PAPER,
                color=ACCENT, margin="0.03", width="0.25",
            )  # fmt: skip
        self._arrow(value, leaving, None, home)

    def _entry(self, value: Value, column: int) -> str:
        """The circle at which a value comes into a column."""
        return identifier("from", f"{self.plan.columns.strands.index(value) + 1} in column {column + 1}")

    def _box(self, head: Node) -> None:
        """The arrows to the box that begins with a node."""
        nodes = self.plan.again[head].nodes if head in self.plan.again else (head,)
        read = [value for node in nodes for value in consumed(node)]
        named = [value for node in nodes for value in node.inputs[: node.operands] if value not in read]
        for value in dict.fromkeys([*read, *named]):
            if value.role in ("node", "input", "target") and value.producer not in nodes:
                looks = {"style": "dashed"} if value in named else {}
                self._arrow(value, identifier("layer", head.name), head, self.plan.columns.of[head], **looks)

    def _arrow(self, value: Value, end: str, reader: Node | None, column: int, **looks: str) -> None:
        """An arrow in some column, from the value's box or from where the value enters the column.

        Args:
            value: what flows.
            end: the box that the arrow points at.
            reader: its node, if it is a layer or a loss.
            column: of that box.
            looks: more attributes.
        """
        start, valley = identifier(value.role, value.name), self.plan.valley
        if value.producer is not None:
            start, looks = identifier("layer", self.plan.box(value).name), {"label": self._shape(value), **looks}
        if self.plan.column(value) != column:
            start = self._entry(value, column)
        if valley is not None and value.producer in valley.rise:
            # points up: for the layout it is an arrow down, drawn backwards
            start, end, looks["dir"] = end, start, "back"
            if "style" in looks:  # goes to a layer that only needs to know it
                looks |= {"constraint": "false", "label": ""}
        elif valley is not None and reader in valley.rise and value.role == "node":
            looks["constraint"] = "false"
            if value is not valley.across[0]:  # on their own side they have a label
                looks["label"] = ""
        self.panels[column].edge(start, end, **looks)

    def _shape(self, value: Value) -> str:
        """A value's shape, or the first and the last of those that it stands for."""
        if not value.type.sample_shape or value.producer is None:
            return ""
        place = value.producer.outputs.index(value)
        alike = [node.outputs[place] for node in self.plan.shown.get(value.producer, (value.producer,))]
        return f" {format_shapes([one.type.sample_shape for one in alike])} "

    def _branches(self, readers: Sequence[Node]) -> None:
        """Let branches stand side by side from their first layers on, in the order in which they were written."""
        nodes = (node for node in readers if node not in self.plan.stand_ins and is_layer(node))
        boxes = dict.fromkeys(self.plan.heads[node] for node in nodes)
        apart = [box for box in boxes if not any(self.plan.is_below(box, other) for other in boxes if other is not box)]
        if len(apart) >= BRANCHES and len({self.plan.columns.of[box] for box in apart}) == 1:
            self.panels[self.plan.columns.of[apart[0]]].attr(newrank="true")
            self._row(apart)

    def _row(self, boxes: Sequence[Node]) -> None:
        """Let boxes of one column stand on one height, from the left to the right."""
        names = [identifier("layer", box.name) for box in boxes]
        with self.panels[self.plan.columns.of[boxes[0]]].subgraph() as row:
            row.attr(rank="same")
            for left, right in pairwise(names):  # its key lets Graphviz name it twice, here and in a frame around it
                row.edge(left, right, key="order", style="invis")
