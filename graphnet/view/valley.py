"""Networks shaped like a U: maps get smaller and then larger again, and what is lost on the way comes across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphnet.analysis.cost import is_layer
from graphnet.core.types import TensorType, product
from graphnet.ir.graph import Graph, Node, Value

LEVELS: Final = 3
"""Sizes of maps that come from the one side to the other, or more, make a U."""


@dataclass(frozen=True)
class Valley:
    """The two sides of a U.

    Attributes:
        rise: the nodes of the side where maps get larger, with all that follows.
        across: the values that come from the other side, in the order in which they are read.
    """

    rise: frozenset[Node]
    across: tuple[Value, ...]


def find_valley(graph: Graph) -> Valley | None:
    """The sides of a network's U, if it is one: U-Net, SegNet, FCN-8s, but no squeeze-and-excitation."""
    rise: set[Node] = set()
    across: dict[Value, None] = {}
    for node in graph.nodes:
        if _enlarges(node) or any(value.producer in rise for value in node.inputs):
            rise.add(node)
            if is_layer(node):
                others = (v for v in node.inputs if v.role == "node" and v.producer not in rise)
                across |= dict.fromkeys(others)
    sizes = {_positions(value.type) for value in across}
    return Valley(frozenset(rise), tuple(across)) if len(sizes) >= LEVELS else None


def levels(valley: Valley, boxes: Mapping[Node, Node], graph: Graph) -> list[tuple[Node, Node]]:
    """Pairs of boxes, one of each side, that can stand on one height: where values come across, from the bottom up.

    Args:
        valley: the two sides.
        boxes: the first node of the box that each node is drawn in.
        graph: the network.
    """
    order = {node: k for k, node in enumerate(graph.nodes)}
    readers = graph.consumers()
    found: list[tuple[Node, Node]] = []
    for value in valley.across:
        assert value.producer is not None
        left = boxes[value.producer]
        right = boxes[next(node for node in readers[value] if node in valley.rise)]
        if right in valley.rise and (not found or (order[left] < order[found[-1][0]] and right is not found[-1][1])):
            found.append((left, right))
    return found


def _enlarges(node: Node) -> bool:
    """Whether a layer gives larger maps than all that it reads."""
    operands = [value.type for value in node.inputs[: node.operands]]
    return is_layer(node) and bool(operands) and max(map(_positions, operands)) < _positions(node.outputs[0].type)


def _positions(type_: TensorType) -> int:
    """Positions of a map, without its channels; 0 for what is no map."""
    return product(type_.sample_shape[1:]) if type_.is_batched and type_.rank > 2 else 0
