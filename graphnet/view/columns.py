"""Cut a long network into columns that stand side by side, so that its picture fits a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Final

from graphnet.analysis.cost import is_layer
from graphnet.analysis.structure import Group, Member, Repeat
from graphnet.ir.graph import Graph, Node, Value

LONGEST: Final = 1150.0
"""A network whose picture is no higher than this, in points, stays in one column."""
ASPECT: Final = 1.5
"""Width by height to aim for."""
RELUCTANCE: Final = 0.4
"""By what share of a column's height columns may differ more, rather than cutting a frame in two."""
ROW: Final = 26.0
"""Height of a layer's row, about, in points; so are all that follow."""
GAP: Final = 36.0
"""Between boxes."""
MARGIN: Final = 34.0
"""A frame's title and margins."""
CARD_WIDTH: Final = 210.0
"""Width of a box and the space beside it."""

Stacks = Mapping[Node, Sequence[Node]]
"""Nodes that are drawn in one box, by the first of them."""


@dataclass(frozen=True)
class Columns:
    """Which column everything is drawn in.

    Attributes:
        count: of columns.
        of: the column of each node.
        passed_on: for each column but the first, the one value that comes into it from the left.
    """

    count: int
    of: Mapping[Node, int]
    passed_on: tuple[Value, ...] = ()


def arrange(graph: Graph, tree: Group, stacks: Stacks) -> Columns:
    """Cut where only the value just computed is passed on, between blocks or in named `sequential`s, not in blocks.

    Args:
        graph: the network.
        tree: its blocks, folded or not.
        stacks: boxes.
    """
    pieces = list(_pieces(tree.members, stacks))
    heights = [_height(piece, stacks) for piece in pieces]
    columns = _wanted(heights, max((_breadth(piece, stacks) for piece in pieces), default=1))
    position = {node: k for k, piece in enumerate(pieces) for node in piece.nodes}
    for node in graph.nodes:  # losses are drawn where the last of what they compare is
        if node not in position:
            position[node] = max((position[v.producer] for v in node.inputs if v.producer), default=len(pieces) - 1)
    crossings = _crossings(graph, position, len(pieces))
    allowed = {
        k: _shared_scopes(pieces[k], pieces[k + 1])
        for k, values in enumerate(crossings[:-1])
        if [v.producer and position[v.producer] for v in values] == [k]
    }
    cuts = _cuts(heights, allowed, columns)
    return Columns(
        len(cuts) + 1,
        {node: sum(k > cut for cut in cuts) for node, k in position.items()},
        tuple(crossings[cut][0] for cut in cuts),
    )


@dataclass(frozen=True)
class _Piece:
    """What is never cut: a box, or a frame with all that is in it.

    Attributes:
        nodes: all of them.
        shown: those that are drawn, where repetitions are folded.
    """

    nodes: tuple[Node, ...]
    shown: tuple[Node, ...]


def _pieces(members: Sequence[Member], stacks: Stacks) -> Iterator[_Piece]:
    for member in members:
        if isinstance(member, Node):
            if member in stacks and is_layer(member):
                yield _Piece(tuple(stacks[member]), tuple(stacks[member]))
        elif isinstance(member, Group) and member.kind == "sequential":
            yield from _pieces(member.members, stacks)
        else:
            yield _Piece(member.nodes, tuple(_shown(member)))


def _shown(member: Member) -> Iterator[Node]:
    if isinstance(member, Node):
        yield member
    else:
        for inner in (member.first if isinstance(member, Repeat) else member).members:
            yield from _shown(inner)


def _height(piece: _Piece, stacks: Stacks) -> float:
    """The longest way down a piece."""
    bottoms: dict[Value, float] = {}
    for node in piece.shown:
        top = max((bottoms.get(v, 0.0) for v in node.inputs), default=0.0) + (GAP if node in stacks else 0.0)
        bottoms.update((v, top + ROW) for v in node.outputs)
    return max(bottoms.values(), default=0.0) + (MARGIN if len(piece.shown) > 1 else 0.0)


def _breadth(piece: _Piece, stacks: Stacks) -> int:
    """About how many boxes stand side by side in a piece."""
    depths: dict[Value, int] = {}
    boxes = [node for node in piece.shown if node in stacks]
    for node in piece.shown:
        depth = max((depths.get(v, 0) for v in node.inputs), default=0) + (node in stacks)
        depths.update((v, depth) for v in node.outputs)
    return math.ceil(len(boxes) / max(depths.values(), default=1)) if boxes else 1


def _wanted(heights: Sequence[float], breadth: int) -> int:
    total = sum(heights)
    if total <= LONGEST:
        return 1
    return max(1, round(math.sqrt(ASPECT * total / (CARD_WIDTH * breadth))))


def _crossings(graph: Graph, position: Mapping[Node, int], pieces: int) -> list[list[Value]]:
    """For each piece, the values that are computed up to it and read after it. Inputs stand where they are read."""
    found: list[list[Value]] = [[] for _ in range(pieces)]
    for value, readers in graph.consumers().items():
        if value.role not in ("node", "input"):
            continue
        places = [position[node] for node in readers]
        first = position[value.producer] if value.producer else min(places)
        for k in range(first, max(places)):
            found[k].append(value)
    return found


def _shared_scopes(before: _Piece, after: _Piece) -> int:
    """How many frames a cut between two pieces would cut in two."""
    pairs = zip(before.nodes[0].scope, after.nodes[0].scope, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _cuts(heights: Sequence[float], allowed: Mapping[int, int], columns: int) -> list[int]:
    """The pieces to end columns with, for nearly equal heights, but rather between frames than inside them.

    Args:
        heights: of all pieces.
        allowed: the pieces to choose from, with the number of frames that a cut after them goes through.
        columns: wanted; there are fewer if there are not enough places to cut.
    """
    total = sum(heights)
    bottoms = list(accumulate(heights))
    cuts: list[int] = []
    for column in range(1, columns):
        aim = total * column / columns
        costs = {
            k: abs(bottoms[k] - aim) + RELUCTANCE * frames * total / columns
            for k, frames in allowed.items()
            if not cuts or k > cuts[-1]
        }
        if costs:
            cuts.append(min(costs, key=lambda k: costs[k]))
    return cuts
