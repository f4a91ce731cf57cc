"""Cut a long network into columns that stand side by side, so that its picture fits a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Final

from graphnet.analysis.cost import is_layer
from graphnet.analysis.structure import Again, Group, Member, Repeat
from graphnet.ir.graph import Graph, Node, Value

LONGEST: Final = 1150.0
"""A network whose picture is no higher than this, in points, stays in one column."""
BREAKABLE: Final = 1150.0
"""A block that is higher than this may be cut in two."""
CHAIN: Final = 0.7
"""Only if its parts stand under each other: its height by the sum of theirs."""
ASPECT: Final = 1.45
"""Width by height to aim for, or height by width where that fits better by `PORTRAIT`."""
PORTRAIT: Final = 0.2
WASTE: Final = 1.2
"""How bad it is to leave all of a page empty, against pages e times as long as wanted."""
MOST: Final = 12
"""Columns."""
RELUCTANCE: Final = 0.1
"""What cutting through a frame costs, against the squares of what columns are higher or lower than their mean."""
STRAND: Final = 0.12
"""The same for each value beyond the first that goes on in another column."""
ROW: Final = 26.0
"""Height of a layer's row, about, in points; so are all that follow."""
GAP: Final = 36.0
"""Between boxes."""
MARGIN: Final = 34.0
"""A frame's title and margins."""
CARD_WIDTH: Final = 240.0
"""Width of a box and the space beside it."""
HEADING: Final = 130.0
"""Of the heading, and of the circles where columns go on."""

Stacks = Mapping[Node, Sequence[Node]]
"""Nodes that are drawn in one box, by the first of them."""


@dataclass(frozen=True)
class Columns:
    """Which column everything is drawn in.

    Attributes:
        count: of columns.
        of: the column of each node.
        strands: the values that are read in other columns than their own, in order.
    """

    count: int
    of: Mapping[Node, int]
    strands: tuple[Value, ...] = ()

    def home(self, value: Value, graph: Graph) -> int:
        """Where a value is computed, or else first read."""
        if value.producer is not None:
            return self.of[value.producer]
        return min((self.of[node] for node in graph.nodes if value in node.inputs), default=0)


def arrange(graph: Graph, tree: Group, stacks: Stacks) -> Columns:
    """Cut between blocks, in named `sequential`s, and in blocks that are high; where few values are passed on.

    Args:
        graph: the network.
        tree: its blocks, folded or not.
        stacks: boxes.
    """
    pieces = list(_pieces(tree.members, stacks))
    position = {node: k for k, piece in enumerate(pieces) for node in piece.nodes}
    for node in graph.nodes:  # losses are drawn where the last of what they compare is
        if node not in position:
            position[node] = max((position[v.producer] for v in node.inputs if v.producer), default=len(pieces) - 1)
    cuts = place_cuts(pieces, _strands(graph, position, len(pieces)))
    of = {node: sum(k > cut for cut in cuts) for node, k in position.items()}
    columns = Columns(len(cuts) + 1, of)
    readers = graph.consumers()
    values = [*graph.inputs, *graph.targets, *(v for node in graph.nodes for v in node.outputs)]
    strands = (v for v in values if any(of[n] != columns.home(v, graph) for n in readers.get(v, ())))
    return Columns(columns.count, of, tuple(strands))


@dataclass(frozen=True)
class Piece:
    """What is never cut: a box, or a frame with all that is in it.

    Attributes:
        nodes: all of them.
        height, breadth: of its picture, in points.
    """

    nodes: tuple[Node, ...]
    height: float
    breadth: float


def _pieces(members: Sequence[Member], stacks: Stacks) -> Iterator[Piece]:
    for member in members:
        if isinstance(member, Node):
            if member in stacks and is_layer(member):
                yield _piece(stacks[member], tuple(stacks[member]), stacks)
            continue
        whole = _piece([member], member.nodes, stacks)
        if isinstance(member, Group) and (member.kind == "sequential" or whole.height > BREAKABLE):
            parts = list(_pieces(member.members, stacks))
            if CHAIN * sum(part.height for part in parts) <= whole.height:
                yield from parts
                continue
        if whole.height:
            yield whole


def _piece(members: Sequence[Member], nodes: tuple[Node, ...], stacks: Stacks) -> Piece:
    """The longest way down what is shown is the height; boxes of the same depth stand side by side."""
    bottoms: dict[Value, float] = {}
    depths: dict[Value, int] = {}
    boxes = 0
    for row in _rows(members, stacks):
        above = [v for node in row.nodes for v in node.inputs]
        if row.like is not None:
            bottom, depth = bottoms[row.like.outputs[0]], depths[row.like.outputs[0]]
        else:
            bottom = max((bottoms.get(v, 0.0) for v in above), default=0.0) + row.height
            depth = max((depths.get(v, 0) for v in above), default=0) + row.is_box
        values = [v for node in row.nodes for v in node.outputs]
        bottoms |= dict.fromkeys(values, bottom)
        depths |= dict.fromkeys(values, depth)
        boxes += row.is_box
    height = max(bottoms.values(), default=0.0) + (MARGIN if boxes > 1 else 0.0)
    return Piece(nodes, height, CARD_WIDTH * math.ceil(boxes / max(1, *depths.values())))


@dataclass(frozen=True)
class _Row:
    """A row of a box.

    Attributes:
        nodes: that it shows, in order.
        height: with the space above it.
        is_box: whether it is the first row of a box.
        like: for a node that a fold hides, the node that is drawn instead.
    """

    nodes: tuple[Node, ...]
    height: float = 0.0
    is_box: bool = False
    like: Node | None = None


def _rows(members: Sequence[Member], stacks: Stacks) -> Iterator[_Row]:
    for member in members:
        match member:
            case Node():
                yield _Row((member,), ROW + (GAP if member in stacks else 0.0), member in stacks)
            case Group():
                yield from _rows(member.members, stacks)
            case Repeat():
                yield from _rows(member.first.members, stacks)
                yield from (_Row((node,), like=shown) for node, shown in member.stand_ins.items())
            case Again():
                yield _Row(member.nodes, GAP + ROW, is_box=True)


def _strands(graph: Graph, position: Mapping[Node, int], pieces: int) -> list[int]:
    """For each piece, how many values are computed up to it and read after it. Inputs stand where they are read."""
    found = [0] * pieces
    for value, readers in graph.consumers().items():
        if value.role in ("node", "input"):
            places = [position[node] for node in readers]
            first = position[value.producer] if value.producer else min(places)
            for k in range(first, max(places)):
                found[k] += 1
    return found


def place_cuts(pieces: Sequence[Piece], strands: Sequence[int]) -> list[int]:
    """The pieces to end columns with, for a page of the wanted shape.

    Args:
        pieces: in order.
        strands: for each of them, how many values go on behind it.
    """
    total = sum(piece.height for piece in pieces)
    if total <= LONGEST:
        return []
    frames = [_shared_scopes(before, after) for before, after in pairwise(pieces)]
    costs = [RELUCTANCE * cut + STRAND * max(0, across - 1) for cut, across in zip(frames, strands, strict=False)]
    found = [_best_cuts(pieces, costs, columns) for columns in range(1, min(MOST, len(pieces)) + 1)]
    return min(found, key=lambda cuts: _badness(pieces, cuts))


def _badness(pieces: Sequence[Piece], cuts: Sequence[int]) -> float:
    """How far the shape is from a page's, and how much of it stays empty."""
    columns = [pieces[i:j] for i, j in pairwise([0, *(cut + 1 for cut in cuts), len(pieces)])]
    heights = [sum(piece.height for piece in column) for column in columns]
    width = sum(max(piece.breadth for piece in column) for column in columns)
    aspect = math.log(width / (HEADING + max(heights)))
    shape = min(abs(aspect - math.log(ASPECT)), abs(aspect + math.log(ASPECT)) + PORTRAIT)
    return shape + WASTE * (1 - sum(heights) / max(heights) / len(heights))


def _shared_scopes(before: Piece, after: Piece) -> int:
    """How many frames a cut between two pieces would cut in two."""
    pairs = zip(before.nodes[-1].scope, after.nodes[0].scope, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _best_cuts(pieces: Sequence[Piece], costs: Sequence[float], columns: int) -> list[int]:
    """The pieces to end columns with, so that columns are about equally high, and cuts cost little.

    Args:
        pieces: in order.
        costs: of a cut behind each of them.
        columns: wanted.
    """
    mean = sum(piece.height for piece in pieces) / columns
    tops = [0.0]
    for piece in pieces:
        tops.append(tops[-1] + piece.height / mean)
    best = [[math.inf] * (len(pieces) + 1) for _ in range(columns + 1)]
    choice = [[0] * (len(pieces) + 1) for _ in range(columns + 1)]
    best[0][0] = 0.0
    for column in range(1, columns + 1):
        for end in range(column, len(pieces) + 1):
            for start in range(end - 1, column - 2, -1):
                excess = tops[end] - tops[start] - 1
                if excess > 1 and start < end - 1:
                    break
                cost = best[column - 1][start] + excess**2 + (costs[start - 1] if start else 0.0)
                if cost < best[column][end]:
                    best[column][end], choice[column][end] = cost, start
    cuts: list[int] = []
    end = len(pieces)
    for column in range(columns, 1, -1):
        end = choice[column][end]
        cuts.append(end - 1)
    return cuts[::-1]
