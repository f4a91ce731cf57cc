"""Which layers of one network are which of another: the same structure, else the same names in the same order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, Final

from graphnet.analysis.alignment import align
from graphnet.analysis.structure import Group, scope_tree
from graphnet.ir.graph import Graph, Node, Scope, Value
from graphnet.ops.families.references import reference_attributes

_COUNTED: Final = re.compile(r"\d+")
"""What is left of a name that nobody chose, `relu2` or `2`, without the operator's."""

MOVED: Final = 2 / 3
"""What two scopes of different names must have in common for their layers to be paired."""


def attributes_of(node: Node) -> dict[str, Any]:
    """An operator's attributes, without those that name other layers: these are operands."""
    references = reference_attributes(type(node.op))
    return {f.name: getattr(node.op, f.name) for f in fields(node.op) if f.init and f.name not in references}


def own_name(node: Node) -> str:
    """The last part of a path."""
    return node.name.rpartition(".")[2]


def is_counted(node: Node) -> bool:
    """Whether a name is only the operator's with a count, or a place in a sequence."""
    return _COUNTED.fullmatch(own_name(node).removeprefix(node.op.name)) is not None


def match(a: Graph, b: Graph) -> dict[Node, Node]:
    """Pair the nodes of two graphs, none of them twice.

    If the graphs are equal but for names, everything is paired as their structure says. Otherwise nodes are paired
    scope by scope so that their order stays and as much as possible is alike: names that somebody chose above all,
    then operators, attributes and shapes. What is left over is paired wherever it stands: by its path, by what it
    computes, or because it moved into another scope.
    """
    colours = _Colours()
    left, right = _Painted(a, colours), _Painted(b, colours)
    same = isomorphism(left, right)
    return same if same is not None else _Matching(left, right).pairs


# -- structure -----------------------------------------------------------------------------------------------------


class _Colours(dict[Any, int]):
    """Small numbers for whatever is described: equal ones for equal descriptions."""

    def of(self, *description: Any) -> int:
        return self.setdefault(description, len(self))


class _Painted:
    """A graph with colours on its nodes, which are equal where the structure around two nodes is.

    Attributes:
        attributes: of each node.
        computed: by what a node computes, from the inputs of the network on.
        used: by that, and by what becomes of its outputs.
    """

    def __init__(self, graph: Graph, colours: _Colours) -> None:
        self.graph, self._table = graph, colours
        self.attributes = {node: attributes_of(node) for node in graph.nodes}
        self.weights = {term.value: term.weight for term in graph.losses}
        self.results = set(graph.results)
        self.inits = {p.value: (p.spec.init.name, repr(dict(p.spec.init.settings)), p.trainable)
                      for p in graph.parameters}  # fmt: skip
        self.leaves: dict[Value, int] = {}
        self.computed: dict[Node, int] = {}
        for node in graph.nodes:
            sources = [self.source(value) for value in node.inputs]
            self.computed[node] = colours.of("computed", *self.described(node), _ordered(node, sources))
        self.used: dict[Node, int] = {}
        readers = graph.consumers()
        for node in reversed(graph.nodes):
            uses = sorted(
                (place, self.used[reader], _position(reader, value))
                for place, value in enumerate(node.outputs)
                for reader in readers.get(value, ())
            )
            ends = tuple((value in self.results, self.weights.get(value)) for value in node.outputs)
            self.used[node] = colours.of("used", self.computed[node], tuple(uses), ends)

    def described(self, node: Node) -> tuple[Any, ...]:
        """A node without its surroundings."""
        types = tuple(value.type for value in node.outputs)
        return node.op.name, repr(self.attributes[node]), types, node.frozen

    def source(self, value: Value) -> int:
        """The colour of what a node reads."""
        if value.producer is not None:
            place = value.producer.outputs.index(value)
            return self._table.of("output", self.computed[value.producer], place)
        if value not in self.leaves:
            data = None if value.data is None else value.data.tobytes()
            self.leaves[value] = self._table.of(value.role, value.type, value.frozen, self.inits.get(value), data)
        return self.leaves[value]


def _ordered(node: Node, sources: Sequence[int]) -> tuple[int, ...]:
    """The operands' colours, sorted where their order does not matter."""
    count = node.operands if node.op.commutes else 0
    return (*sorted(sources[:count]), *sources[count:])


def _position(reader: Node, value: Value) -> int:
    place = reader.inputs.index(value)
    return -1 if reader.op.commutes and place < reader.operands else place


def isomorphism(a: _Painted, b: _Painted) -> dict[Node, Node] | None:
    """Pairs of all nodes that keep operators, attributes, types, wiring, shared weights and results; or None.

    Among candidates that look alike, one of the same name is taken, else the first: nodes are visited in topological
    order, so what a candidate reads is decided by then. It may miss two networks that are equal in a tangled way,
    but never takes different ones for equal.
    """
    if Counter(a.used.values()) != Counter(b.used.values()):
        return None
    candidates: dict[int, list[Node]] = {}
    for node in b.graph.nodes:
        candidates.setdefault(b.used[node], []).append(node)
    pairs: dict[Node, Node] = {}
    images: dict[Value, Value] = {}
    originals: dict[Value, Value] = {}
    for node in a.graph.nodes:
        waiting = candidates[a.used[node]]
        for other in sorted(waiting, key=lambda other: other.name != node.name):
            found = _images(node, other, images, originals, a, b)
            if found is not None:
                break
        else:
            return None
        waiting.remove(other)
        pairs[node] = other
        images |= found
        originals |= {image: value for value, image in found.items()}
    return pairs


def _images(
    node: Node, other: Node, images: Mapping[Value, Value], originals: Mapping[Value, Value], a: _Painted, b: _Painted
) -> dict[Value, Value] | None:
    """What the values of `node` correspond to if it corresponds to `other`, or None if it cannot."""
    found: dict[Value, Value] = dict(zip(node.outputs, other.outputs, strict=True))
    free = list(other.inputs[: node.operands]) if node.op.commutes else []
    for place, value in enumerate(node.inputs):
        among = free if free and place < node.operands else [other.inputs[place]]
        known = images.get(value, found.get(value))
        for image in sorted(among, key=lambda image: image.name != value.name):
            is_new = known is None and image not in originals and image not in found.values()
            if known is image or (is_new and a.source(value) == b.source(image)):
                break
        else:
            return None
        found[value] = image
        if among is free:
            free.remove(image)
    return found


# -- names and order -----------------------------------------------------------------------------------------------


class _Matching:
    """Pairs for graphs that differ."""

    def __init__(self, a: _Painted, b: _Painted) -> None:
        self.a, self.b = a, b
        found: dict[Node, Node] = {}
        self._align([_Item(scope_tree(a.graph.nodes))], [_Item(scope_tree(b.graph.nodes))], found)
        self._pair_leftovers(found)
        self.pairs = {node: found[node] for node in a.graph.nodes if node in found}

    def _align(self, left: Sequence[_Item], right: Sequence[_Item], found: dict[Node, Node]) -> None:
        for x, y in align(left, right, self._likeness):
            if isinstance(x.member, Node) and isinstance(y.member, Node):
                found[x.member] = y.member
            else:
                self._align(x.members, y.members, found)

    def _likeness(self, x: _Item, y: _Item) -> float:
        """How well two members of a scope go together; 0 if not at all."""
        if isinstance(x.member, Node) and isinstance(y.member, Node):
            return self._likeness_of_nodes(x.member, y.member)
        if isinstance(x.member, Node) or isinstance(y.member, Node):
            return 0.0
        kinds, names = x.member.kind == y.member.kind, x.member.name == y.member.name
        operators, exactly = _overlap(x.operators, y.operators), _overlap(x.described, y.described)
        if not (kinds or names) and operators < 0.5:
            return 0.0
        return 0.5 + 2 * kinds + (1 if x.member.name.isdigit() else 3) * names + 3 * operators + 3 * exactly

    def _likeness_of_nodes(self, x: Node, y: Node) -> float:
        names = own_name(x) == own_name(y)
        if x.op.name != y.op.name:
            if x.op.kind != y.op.kind:
                return 0.0
            chosen = names and not is_counted(x)
            return 1.5 if chosen else 0.5 if x.op.category == y.op.category and x.op.kind == "layer" else 0.0
        likeness = 2.0 + (3.0 if not is_counted(x) else 0.5) * names
        likeness += 2.0 * (self.a.attributes[x] == self.b.attributes[y])
        likeness += x.outputs[0].type == y.outputs[0].type
        return likeness + (self.a.computed[x] == self.b.computed[y]) + (self.a.used[x] == self.b.used[y])

    def _pair_leftovers(self, found: dict[Node, Node]) -> None:
        """Pair what stands in scopes that do not correspond: by path, by what it computes, then scope by scope."""
        waiting = self._left(self.b, found.values())
        for node in self._left(self.a, found):
            named = [other for other in waiting if node.name == other.name and node.op.name == other.op.name]
            alike = named or [other for other in waiting if self.a.computed[node] == self.b.computed[other]]
            if alike:
                found[node] = alike[0]
                waiting.remove(alike[0])
        left, right = _by_scope(self._left(self.a, found)), _by_scope(waiting)
        likeness = {(x, y): _overlap(left[x].typed, right[y].typed) for x in left for y in right}
        for x, y in sorted(likeness, key=lambda pair: -likeness[pair]):
            if _overlap(left[x].typed, right[y].typed) >= MOVED:  # of what was not paired meanwhile
                pairs = dict(align(left[x].nodes, right[y].nodes, self._likeness_of_nodes))
                found.update(pairs)
                left[x], right[y] = left[x].without(pairs), right[y].without(pairs.values())

    def _left(self, painted: _Painted, paired: Collection[Node]) -> list[Node]:
        taken = set(paired)
        return [node for node in painted.graph.nodes if node not in taken]


def _by_scope(nodes: Sequence[Node]) -> dict[tuple[Scope, ...], _Members]:
    scopes = {node.scope: None for node in nodes}
    return {scope: _Members([node for node in nodes if node.scope == scope]) for scope in scopes}


class _Members:
    """Nodes with a count of what they are."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    @cached_property
    def operators(self) -> Counter[str]:
        return Counter(node.op.name for node in self.nodes)

    @cached_property
    def described(self) -> Counter[str]:
        """Operators with their attributes."""
        return Counter(f"{node.op.name} {attributes_of(node)}" for node in self.nodes)

    @cached_property
    def typed(self) -> Counter[str]:
        """Operators with their attributes and what they give."""
        return Counter(f"{node.op.name} {attributes_of(node)} {node.outputs[0].type}" for node in self.nodes)

    def without(self, nodes: Iterable[Node]) -> _Members:
        taken = set(nodes)
        return _Members([node for node in self.nodes if node not in taken])


class _Item(_Members):
    """A member of a scope, with all nodes in it."""

    def __init__(self, member: Node | Group) -> None:
        super().__init__((member,) if isinstance(member, Node) else member.nodes)
        self.member = member

    @cached_property
    def members(self) -> list[_Item]:
        """Of a group that was not folded."""
        members = () if isinstance(self.member, Node) else self.member.members
        return [_Item(member) for member in members if isinstance(member, Node | Group)]


def _overlap(a: Counter[str], b: Counter[str]) -> float:
    """The share of elements that two collections have in common, from 0 to 1."""
    return 2 * (a & b).total() / max(1, a.total() + b.total())
