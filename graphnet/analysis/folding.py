"""Which blocks repeat others, so that a table or a drawing need show them only once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from graphnet.analysis.structure import Again, Group, Member, Repeat
from graphnet.ir.comprehension import Comprehension
from graphnet.ir.graph import Graph, Node, Scope, Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.references import reference_counts, with_names

_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.])")
FEWEST_THAT_GROW: Final = 3
"""Groups in a row whose shapes grow by the same step: of two this would say nothing."""


def fold(tree: Group, graph: Graph) -> Group:
    """Put repetitions together: groups that apply another's weights again, then consecutive equal ones."""
    return fold_repeats(fold_applications(tree), graph)


# -- consecutive groups --------------------------------------------------------------------------------------------


def fold_repeats(tree: Group, graph: Graph) -> Group:
    """Put consecutive repetitions together, at every depth.

    Groups are folded only if nothing is lost by drawing the first with a count: they have the same operators,
    attributes and inner names, wired alike; their shapes are equal, or grow by the same step from each to the next;
    each reads the one before it at the same places (and may read values that all of them share); and nobody else reads
    what the hidden ones pass on.
    """
    return _fold(tree, _Readers(graph))


class _Readers:
    """Who reads what."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.consumers()
        self.results = set(graph.results)


def _fold(tree: Group, readers: _Readers) -> Group:
    members: list[Member] = []
    for run in _runs(tree.members, readers):
        first = run[0]
        if not isinstance(first, Group):
            members.append(first)
            continue
        shown = _fold(first, readers)
        instances = tuple(member for member in run if isinstance(member, Group))
        members.append(shown if len(run) == 1 else Repeat(shown, instances))
    return replace(tree, members=tuple(members))


Link = tuple[int, int] | None
"""Where a group gets an outer value from: (node, output) of the group before it, or None if both read the same."""


@dataclass(frozen=True)
class _Step:
    """How a group repeats the one before it.

    Attributes:
        links: how it hangs on the one before.
        growth: by how much each extent of its shapes is larger.
    """

    links: tuple[Link, ...]
    growth: tuple[int, ...]


def _runs(members: Sequence[Member], readers: _Readers) -> Iterator[list[Member]]:
    """Cut a list of members into the longest runs that may be folded."""
    run: list[Member] = []
    step: _Step | None = None
    for member in members:
        while run:
            found = _step(run[-1], member, readers)
            if found is not None and step in (None, found):
                break
            if step is not None and any(step.growth) and len(run) < FEWEST_THAT_GROW:
                yield run[:1]
                run, step = run[1:], None
            else:
                yield run
                run, step = [], None
        else:
            found = None
        run.append(member)
        step = found
    if step is not None and any(step.growth) and len(run) < FEWEST_THAT_GROW:
        yield from ([member] for member in run)
    elif run:
        yield run


def _step(before: Member, after: Member, readers: _Readers) -> _Step | None:
    """How `after` repeats `before`, if it does."""
    if not isinstance(before, Group) or not isinstance(after, Group):
        return None
    if before.kind != after.kind or len(before.nodes) != len(after.nodes):
        return None
    left, right = _Signature(before), _Signature(after)
    if left.text != right.text:
        return None
    links: list[Link] = []
    for old, new in zip(left.outer, right.outer, strict=True):
        if new in left.inner:
            links.append(left.inner[new])
        elif old is new:
            links.append(None)
        else:
            return None
    passed_on = {value for value in right.outer if value in left.inner}
    both = {*before.nodes, *after.nodes}
    for value in left.inner:
        if value in readers.results or not both.issuperset(readers.nodes.get(value, ())):
            return None
    growth = tuple(b - a for a, b in zip(left.extents, right.extents, strict=True))
    return _Step(tuple(links), growth) if passed_on else None


class _Signature:
    """A group as text that is equal for equal structure.

    Attributes:
        text: operators, attributes, element types and wiring, but no names of nodes and values, and no shapes.
        extents: of all shapes.
        inner: the values that the group computes, with (node, output) positions.
        outer: the values that it reads from outside, in order of first use; parameters are not among them.
    """

    def __init__(self, group: Group) -> None:
        self.inner = {v: (k, i) for k, node in enumerate(group.nodes) for i, v in enumerate(node.outputs)}
        self.outer: list[Value] = []
        self.extents: list[int] = []
        self.text = "\n".join(self._describe(node, len(group.scopes)) for node in group.nodes)

    def _describe(self, node: Node, depth: int) -> str:
        inner_scopes = [(s.name, s.kind) for s in node.scope[depth:]]
        types = [self._type(v) for v in node.outputs]
        name, sources = node.name.rsplit(".", 1)[-1], [self._source(v) for v in node.inputs]
        return f"{inner_scopes} {name} {self._operator(node)} {types} {sources} {node.frozen}"

    def _operator(self, node: Node) -> str:
        """An operator with its attributes; numbers of lowered nodes are extents, too, and may grow with them."""
        if not isinstance(node.op, Comprehension):
            return repr(_nameless(node))
        text = repr(node.op)
        self.extents += map(int, _NUMBER.findall(text))
        return _NUMBER.sub("n", text)

    def _source(self, value: Value) -> str:
        if value in self.inner:
            return f"inner {self.inner[value]}"
        if value.role in ("parameter", "buffer", "constant"):
            return f"{value.role} {self._type(value)} {value.frozen}"
        if value not in self.outer:
            self.outer.append(value)
        return f"outer {self.outer.index(value)} {self._type(value)}"

    def _type(self, value: Value) -> str:
        self.extents += value.type.sample_shape
        return f"{value.type.rank} {value.type.is_batched} {value.type.dtype}"


def _nameless(node: Node) -> Operator:
    """A node's operator; what it refers to by name are operands."""
    op: Operator = node.op
    return with_names(op, dict.fromkeys(reference_counts(op), ""))


# -- shared weights --------------------------------------------------------------------------------------------------


def fold_applications(tree: Group) -> Group:
    """Mark groups that apply an earlier group's weights again, with the same operators in the same order."""
    owners: dict[Value, Node] = {}
    groups: dict[tuple[Scope, ...], Group] = {}

    def walk(group: Group) -> Group:
        members: list[Member] = []
        for member in group.members:
            if not isinstance(member, Group):
                if isinstance(member, Node):
                    for value in member.parameters:
                        owners.setdefault(value, member)
                members.append(member)
                continue
            earlier = _applied(member, owners, groups)
            groups[member.scopes] = member
            members.append(walk(member) if earlier is None else Again(member, earlier))
        return replace(group, members=tuple(members))

    return walk(tree)


def _applied(group: Group, owners: dict[Value, Node], groups: dict[tuple[Scope, ...], Group]) -> Group | None:
    """The earlier group whose weights a group applies."""
    used = [owners.get(value) for node in group.nodes for value in node.parameters]
    first = used[0] if used else None
    if first is None or len(group.nodes) < 2:
        return None
    for depth in range(len(first.scope), 0, -1):
        earlier = groups.get(first.scope[:depth])
        if earlier is not None and len(earlier.nodes) == len(group.nodes):
            pairs = zip(earlier.nodes, group.nodes, strict=True)
            if all(_nameless(x) == _nameless(y) and x.parameters == y.parameters for x, y in pairs):
                return earlier
    return None
