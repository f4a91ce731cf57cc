"""What the pictures of both passes share: boxes of the forward pass on the left, of the backward pass on the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphnet.ir.graph import Graph, Node, Value
from graphnet.view.canvas import heading
from graphnet.view.folds import find_folds
from graphnet.view.markup import SMALL, Chip, card, quiet, text
from graphnet.view.palette import BACKWARD_INK, FORWARD_INK, SAVED_INK
from graphnet.view.passes import forward_nodes, makers

_WAYS = "  ".join([
    text("→ forward", size=SMALL, color=FORWARD_INK),
    text("→ gradient", size=SMALL, color=BACKWARD_INK),
    text("⇢ kept for the backward pass", size=SMALL, color=SAVED_INK),
])  # fmt: skip
LINE: Final = 11.5
"""Height of a line of a chip, in points."""
AIR: Final = 10.0
"""Around a chip."""


@dataclass(frozen=True)
class Box:
    """A node of the document.

    Attributes:
        name: the document's name for it.
        label: its HTML.
        height: about, in points.
        layer: the first that it belongs to.
        is_backward: whether its nodes are of the backward pass.
        beside: a box of the forward pass that it stands on the same height with.
    """

    name: str
    label: str
    height: float
    layer: str
    is_backward: bool
    beside: str | None


class Ladder:
    """The boxes of both passes, and the values that flow between them; `graphnet.view.panels` draws them.

    Args:
        graph: whose nodes are drawn.
        figures: a line below the title.
        notes: more lines, of HTML.
        fold: whether repeated blocks are drawn once.

    Attributes:
        heading: HTML that stands above everything.
        forward, backward: the nodes of each pass, in order.
        folds: which layers are drawn for others.
        makers: the node that computes each value.
    """

    def __init__(self, graph: Graph, figures: str, *notes: str, fold: bool) -> None:
        self.graph = graph
        ahead = forward_nodes(graph)
        self.makers = makers(graph)
        self.forward = tuple(node for node in graph.nodes if node in ahead)
        self.backward = tuple(node for node in graph.nodes if node not in ahead)
        self.folds, self._is_folded = find_folds(graph, ahead, fold), fold
        self.heading = heading(graph.name, quiet(figures), *([_WAYS] if self.backward else []), *notes)
        self._behind = set(self.backward)
        self._layer: dict[Node, str] = {}
        self._home: dict[Node, str] = {}
        self._by_layer: dict[tuple[str, bool], str] = {}
        self._boxes: dict[str, Box] = {}
        self._arrows: list[tuple[Value, Node]] = []

    def is_backward(self, node: Node) -> bool:
        return node in self._behind

    def assign(self, nodes: Iterable[Node], layer: str) -> None:
        """Let nodes count to another layer than their own: that of their kernel, or of what reads them."""
        self._layer.update((node, layer) for node in nodes)

    def is_drawn(self, node: Node) -> bool:
        """Whether a node has a box of its own: those of repeated blocks have one in the first, or backward the last."""
        layer = self._layer.get(node, node.layer)
        return self.folds.is_last(layer) if node in self._behind else self.folds.is_first(layer)

    def box(
        self, name: str, chips: Sequence[Chip], nodes: Sequence[Node], *, beside: str | None = None, label: str = ""
    ) -> None:
        """Draw a box for some nodes.

        Args:
            name: the document's name for it.
            chips: its rows.
            nodes: of one pass, all that the box shows.
            beside: a box of the forward pass to stand on the same height with, to the right of it.
            label: the HTML of the chips, if it is not just these.
        """
        self._home.update((node, name) for node in nodes)
        for node in nodes:
            self._by_layer.setdefault(self._place(node), name)
        height = sum(LINE * max(len(chip.left), len(chip.right)) + AIR for chip in chips)
        layer, is_backward = self._place(nodes[0])
        self._boxes[name] = Box(name, label or card(chips), height, layer, is_backward, beside)

    def arrow(self, value: Value, reader: Node) -> None:
        """Draw how a value comes to a node, unless another node is drawn for it, or the value is a hidden block's."""
        if self.is_drawn(reader) and not self._is_between(value, reader):
            self._arrows.append((value, reader))

    def _is_between(self, value: Value, reader: Node) -> bool:
        """Whether the gradient of a repeated block's last instance reads what the one before kept."""
        maker = self.makers.get(value)
        if maker is None or maker in self._behind or reader not in self._behind:
            return False
        (there, _), (here, _) = self._place(maker), self._place(reader)
        frames = self.folds.frames.get(there, ()), self.folds.frames.get(here, ())
        is_same_block = bool(frames[0]) and frames[0] == frames[1]
        return is_same_block and not self.folds.is_last(self._layer.get(maker, maker.layer))

    # -- where things are ----------------------------------------------------------------------------------------

    def home(self, node: Node) -> str | None:
        """The box that shows a node, or the node that is drawn for it."""
        return self._home.get(node, self._by_layer.get(self._place(node)))

    def _place(self, node: Node) -> tuple[str, bool]:
        """The layer that is drawn for a node's, and the pass."""
        layer = self._layer.get(node, node.layer)
        return self.folds.shown.get(layer, layer), node in self._behind

    @property
    def boxes(self) -> Mapping[str, Box]:
        return self._boxes

    @property
    def arrows(self) -> Iterator[tuple[Value, str | None, str, Node]]:
        """Each value with the box that it comes from (None if nobody computes it), the box it goes to, and the node."""
        for value, reader in self._arrows:
            start, end = self.start(value), self.home(reader)
            if end is not None and start != end and (start is not None or value.role in ("input", "target")):
                yield value, start, end, reader

    def start(self, value: Value) -> str | None:
        """The box that a value comes out of."""
        return self.home(self.makers[value]) if value in self.makers else None

    def is_minor(self, value: Value) -> bool:
        """Whether a value need not be followed from column to column.

        That is so for what shared weights get from each of their uses: circles for all would hide the rest.
        """
        return self._is_folded and self.is_gradient(value) and value.type.rank > 0 and not value.type.is_batched

    def is_gradient(self, value: Value) -> bool:
        """Whether the backward pass computes a value."""
        return value in self.makers and self.makers[value] in self._behind
