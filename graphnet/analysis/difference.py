"""What distinguishes two networks: layers added, removed and changed, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphnet.analysis.cost import Cost, is_layer, node_costs, total_cost
from graphnet.analysis.matching import attributes_of
from graphnet.analysis.summary import MemoryFigures
from graphnet.ir.graph import Graph, Node

Pair = tuple[Any, Any]
"""Something before and after."""


@dataclass(frozen=True)
class Side:
    """One of the two networks.

    Attributes:
        costs: of every node, a loss's too; for one sample.
        memory: at the batch size of the comparison; None where nothing was compiled.
    """

    graph: Graph
    cost: Cost
    costs: Mapping[Node, Cost]
    memory: MemoryFigures | None = None

    @classmethod
    def of(cls, graph: Graph, memory: MemoryFigures | None = None) -> Side:
        return cls(graph, total_cost(graph), node_costs(graph), memory)

    @property
    def layers(self) -> int:
        return sum(map(is_layer, self.graph.nodes))


@dataclass(frozen=True)
class Change:
    """Two nodes that correspond and differ.

    Attributes:
        a, b: the nodes.
        operator: their operators, where these differ.
        attributes: those that differ, before and after; None where an operator has no such attribute.
        shape: of what they give, without the batch axis, where it differs.
        reads: the names of what they read, where these are not the same values and no added or removed layer is why.
        weights_of: the layers whose parameters they use, where these are not the same.
        starts: how their parameters start, where that differs, by the parameters' own names.
        frozen: whether they are, where that differs.
        weight: of a loss, where it differs.
        cost: how much more the second costs.
    """

    a: Node
    b: Node
    operator: Pair | None
    attributes: Mapping[str, Pair]
    shape: Pair | None
    reads: Pair | None
    weights_of: Pair | None
    starts: Mapping[str, Pair]
    frozen: Pair | None
    weight: Pair | None
    cost: Cost

    @property
    def is_own(self) -> bool:
        """Whether somebody changed this layer, and not only what comes before it."""
        return any((self.operator, self.attributes, self.reads, self.weights_of, self.starts, self.frozen, self.weight))


@dataclass(frozen=True)
class Difference:
    """What `graphnet.analysis.comparison.compare` found.

    Attributes:
        a, b: the networks.
        pairs: the nodes that correspond.
        added: nodes of b only, in their order.
        removed: nodes of a only, in their order.
        changed: nodes that correspond and differ.
        values: other things that differ, before and after; None where one lacks it: `input image` (shapes),
            `output logits` (the layers that give it), `metric accuracy` (as text).
        renamed: what corresponds under different names: layers, then inputs and the like (`input image`).
    """

    a: Side
    b: Side
    pairs: Mapping[Node, Node]
    added: tuple[Node, ...]
    removed: tuple[Node, ...]
    changed: tuple[Change, ...]
    values: Mapping[str, Pair]
    renamed: tuple[tuple[str, str], ...]

    @property
    def is_same(self) -> bool:
        """Whether the networks are equal but for names: they compute and train the same."""
        return not (self.added or self.removed or self.changed or self.values)

    def to_json(self) -> dict[str, Any]:
        """The difference as JSON values."""
        a, b = _totals(self.a), _totals(self.b)
        return {
            "same": self.is_same,
            "a": {"name": self.a.graph.name, **a},
            "b": {"name": self.b.graph.name, **b},
            "difference": {name: _minus(b[name], a[name]) for name in a},
            "added": [_described(node, self.b) for node in self.added],
            "removed": [_described(node, self.a) for node in self.removed],
            "changed": [_change_to_json(change) for change in self.changed],
            "renamed": [{"a": a, "b": b} for a, b in self.renamed],
            "values": {name: _json(pair) for name, pair in self.values.items()},
        }


# -- JSON ----------------------------------------------------------------------------------------------------------


def _totals(side: Side) -> dict[str, int | None]:
    memory = side.memory
    return {
        "layers": side.layers,
        "parameters": side.cost.parameters,
        "trainable_parameters": side.cost.trainable_parameters,
        "macs": side.cost.macs,
        "training_bytes": memory.training_bytes if memory else None,
        "inference_bytes": memory.inference_bytes if memory else None,
    }


def _minus(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def _described(node: Node, side: Side) -> dict[str, Any]:
    cost = side.costs[node]
    return {
        "name": node.name,
        "operator": node.op.name,
        "attributes": {name: _json(value) for name, value in attributes_of(node).items()},
        "shape": list(node.outputs[0].type.sample_shape),
        "parameters": cost.parameters,
        "macs": cost.macs,
        "line": node.span.line if node.span else None,
    }


def _change_to_json(change: Change) -> dict[str, Any]:
    a, b = change.a, change.b
    return {
        "a": {"name": a.name, "line": a.span.line if a.span else None},
        "b": {"name": b.name, "line": b.span.line if b.span else None},
        "operator": _json(change.operator),
        "attributes": _json(change.attributes),
        "shape": _json(change.shape),
        "reads": _json(change.reads),
        "weights_of": _json(change.weights_of),
        "init": _json(change.starts),
        "frozen": _json(change.frozen),
        "weight": _json(change.weight),
        "parameters": change.cost.parameters,
        "macs": change.cost.macs,
        "only_follows": not change.is_own,
    }


def _json(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(name): _json(element) for name, element in value.items()}
        case list() | tuple():
            return [_json(element) for element in value]
    return str(value)
