"""What the pictures of both passes share: forward down on the left, backward up on the right."""

from __future__ import annotations

from collections.abc import Iterable

from graphnet.analysis.units import format_shape
from graphnet.ir.graph import Graph, Node, Value
from graphnet.view.canvas import Digraph, canvas, heading, identifier
from graphnet.view.drawing import Drawing
from graphnet.view.markup import SMALL, quiet, stack, text
from graphnet.view.palette import BACKWARD_INK, FORWARD_INK, INPUT, OUTPUT, SAVED_INK, TARGET, Tint

_WAYS = "  ".join([
    text("→ forward", size=SMALL, color=FORWARD_INK),
    text("→ gradient", size=SMALL, color=BACKWARD_INK),
    text("⇢ kept for the backward pass", size=SMALL, color=SAVED_INK),
])  # fmt: skip


class Ladder:
    """A document with a column for each pass. Its arrows know which way they point.

    Args:
        graph: whose nodes are drawn.
        figures: a line below the title.
        notes: more lines, of HTML.

    Attributes:
        dot: the document.
        forward, backward: the nodes of each pass, in order.
        home: the box that each node is drawn in.
    """

    def __init__(self, graph: Graph, figures: str, *notes: str) -> None:
        self.graph = graph
        ahead = forward_nodes(graph)
        self.forward = tuple(node for node in graph.nodes if node in ahead)
        self.backward = tuple(node for node in graph.nodes if node not in ahead)
        self.home: dict[Node, str] = {}
        self._behind = set(self.backward)
        self._drawn: set[tuple[str, str]] = set()
        lines = [quiet(figures), *([_WAYS] if self.backward else []), *notes]
        self.dot: Digraph = canvas(ranksep="0.2", nodesep="0.45", newrank="true", outputorder="edgesfirst")
        self.drawing = Drawing(heading(graph.name, *lines), (self.dot,))
        for value in graph.inputs:
            self._pill("input", value.name, value, INPUT)

    def is_backward(self, node: Node) -> bool:
        return node in self._behind

    def box(self, name: str, label: str, nodes: Iterable[Node], beside: str | None = None) -> None:
        """Draw a box for some nodes.

        Args:
            name: the document's name for it.
            label: its HTML.
            nodes: of one pass.
            beside: a box of the forward pass to stand on the same height with, to the right of it.
        """
        nodes = tuple(nodes)
        self.home.update((node, name) for node in nodes)
        group = "backward" if self.is_backward(nodes[0]) else "forward"
        if beside is None:
            self.dot.node(name, label, group=group)
            return
        with self.dot.subgraph() as row:
            row.attr(rank="same")
            row.node(name, label, group=group)
            row.edge(beside, name, style="invis")

    def arrow(self, value: Value, reader: Node) -> None:
        """Draw how a value comes to a node, unless an arrow connects their boxes already."""
        start, end = self._start(value), self.home.get(reader)
        if start is None or end is None or start == end or (start, end) in self._drawn:
            return
        self._drawn.add((start, end))
        shape = f" {format_shape(value.type.sample_shape)} " if value.type.sample_shape else ""
        if reader not in self._behind:
            self.dot.edge(start, end, label=shape)
        elif value.producer in self._behind:  # points up: for the layout it is an arrow down, drawn backwards
            self.dot.edge(end, start, label=shape, dir="back", color=BACKWARD_INK, fontcolor=BACKWARD_INK)
        else:
            self.dot.edge(start, end, style="dashed", color=SAVED_INK, constraint="false", arrowhead="open")

    def targets(self, nodes: Iterable[Node]) -> None:
        """Draw the targets that these nodes read, where they have not been drawn."""
        read = {value for node in nodes for value in node.inputs}
        for value in self.graph.targets:
            if value in read:
                self._pill("target", value.name, value, TARGET)

    def outputs(self) -> None:
        """Draw the network's outputs, after all boxes."""
        for name, value in self.graph.outputs.items():
            start = self._start(value)
            if start is not None:
                self._pill("output", name, value, OUTPUT)
                self.dot.edge(start, identifier("output", name))

    def _pill(self, kind: str, name: str, value: Value, tint: Tint) -> None:
        facts = " ".join([kind, *(format_shape(value.type.sample_shape),) * bool(value.type.sample_shape)])
        self.dot.node(
            identifier(kind, name), stack([text(name, bold=True), quiet(facts)]), shape="box", style="rounded,filled",
            margin="0.14,0.04", fillcolor=tint.fill, color=tint.line, penwidth="1.2",
        )  # fmt: skip

    def _start(self, value: Value) -> str | None:
        if value.producer is not None:
            return self.home.get(value.producer)
        return identifier(value.role, value.name) if value.role in ("input", "target") else None


def forward_results(graph: Graph) -> set[Value]:
    """What the forward pass is for: outputs, losses, updated statistics, what metrics read."""
    values = {*graph.outputs.values(), *(t.value for t in graph.losses), *(new for _, new in graph.updates)}
    return values | {v for metric in graph.metrics for v in metric.values}


def forward_nodes(graph: Graph) -> set[Node]:
    """The nodes that those results are computed from; all others serve gradients."""
    pending, found = [v.producer for v in forward_results(graph)], set[Node]()
    while pending:
        node = pending.pop()
        if node is not None and node not in found:
            found.add(node)
            pending += [v.producer for v in node.inputs]
    return found
