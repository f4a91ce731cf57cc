"""The nesting of a network's blocks, and which of them are repetitions of one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from graphnet.core.types import TensorType
from graphnet.ir.graph import Graph, Node, Scope, Value
from graphnet.ops.families.references import reference_counts, with_names


@dataclass(frozen=True, eq=False)
class Group:
    """A block instance or named `sequential`, with what is in it.

    Attributes:
        scopes: the enclosing ones and its own, outermost first; empty for the whole network.
        members: nodes and groups, in the order in which they first appear.
    """

    scopes: tuple[Scope, ...]
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        return self.scopes[-1].name if self.scopes else ""

    @property
    def kind(self) -> str:
        """The block's name, or `sequential`."""
        return self.scopes[-1].kind if self.scopes else ""

    @property
    def path(self) -> str:
        """As parameter paths have it: `layer1.0`."""
        return ".".join(scope.name for scope in self.scopes)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, those of inner groups and of every repetition too."""
        found: list[Node] = []
        for member in self.members:
            found += [member] if isinstance(member, Node) else member.nodes
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Repeat:
    """Two or more groups in a row that are the same but for their weights, each reading what the one before gives.

    Attributes:
        first: the one to show.
        instances: all of them, unfolded.
    """

    first: Group
    instances: tuple[Group, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for group in self.instances for node in group.nodes)

    @property
    def count(self) -> int:
        return len(self.instances)

    @property
    def name(self) -> str:
        """`0 – 2`: the names of the first and the last."""
        return f"{self.instances[0].name} – {self.instances[-1].name}"

    @cached_property
    def stand_ins(self) -> dict[Node, Node]:
        """For each node of a hidden instance, the node of `first` that is drawn instead."""
        return {
            node: shown
            for group in self.instances[1:]
            for node, shown in zip(group.nodes, self.first.nodes, strict=True)
        }


Member = Node | Group | Repeat


@dataclass
class _Growing:
    """A group that is still being filled."""

    scopes: tuple[Scope, ...] = ()
    members: list[Node | _Growing] = field(default_factory=list)
    inner: dict[Scope, _Growing] = field(default_factory=dict)

    def enter(self, scope: Scope) -> _Growing:
        if scope not in self.inner:
            self.inner[scope] = _Growing((*self.scopes, scope))
            self.members.append(self.inner[scope])
        return self.inner[scope]

    def finished(self) -> Group:
        members = tuple(m if isinstance(m, Node) else m.finished() for m in self.members)
        return Group(self.scopes, members)


def scope_tree(nodes: Sequence[Node]) -> Group:
    """The nodes by their scopes."""
    root = _Growing()
    for node in nodes:
        group = root
        for scope in node.scope:
            group = group.enter(scope)
        group.members.append(node)
    return root.finished()


def fold_repeats(tree: Group, graph: Graph) -> Group:
    """Put consecutive repetitions together, at every depth.

    Groups are folded only if nothing is lost by drawing the first with a count: they have the same operators,
    attributes, shapes and inner names, wired alike; each reads the one before it at the same places (and may
    read values that all of them share); and nobody else reads what the hidden ones pass on.
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
        if isinstance(first, Node | Repeat):
            members.append(first)
            continue
        shown = _fold(first, readers)
        instances = tuple(member for member in run if isinstance(member, Group))
        members.append(shown if len(run) == 1 else Repeat(shown, instances))
    return replace(tree, members=tuple(members))


def _runs(members: Sequence[Member], readers: _Readers) -> Iterator[list[Member]]:
    """Cut a list of members into the longest runs that may be folded."""
    run: list[Member] = []
    links: tuple[Link, ...] | None = None
    for member in members:
        found = _links(run[-1], member, readers) if run else None
        if found is not None and links in (None, found):
            run.append(member)
            links = found
            continue
        if run:
            yield run
        run, links = [member], None
    if run:
        yield run


Link = tuple[int, int] | None
"""Where a group gets an outer value from: (node, output) of the group before it, or None if both read the same."""


def _links(before: Member, after: Member, readers: _Readers) -> tuple[Link, ...] | None:
    """How `after` hangs on `before` if it repeats it, else None."""
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
    return tuple(links) if passed_on else None


class _Signature:
    """A group as text that is equal for equal structure.

    Attributes:
        text: operators, attributes, types and wiring, but no names of nodes and values.
        inner: the values that the group computes, with (node, output) positions.
        outer: the values that it reads from outside, in order of first use; parameters are not among them.
    """

    def __init__(self, group: Group) -> None:
        self.inner = {v: (k, i) for k, node in enumerate(group.nodes) for i, v in enumerate(node.outputs)}
        self.outer: list[Value] = []
        self.text = "\n".join(self._describe(node, len(group.scopes)) for node in group.nodes)

    def _describe(self, node: Node, depth: int) -> str:
        inner_scopes = [(s.name, s.kind) for s in node.scope[depth:]]
        types = [_signature_of_type(v.type) for v in node.outputs]
        name = node.name.rsplit(".", 1)[-1]
        op = with_names(node.op, dict.fromkeys(reference_counts(node.op), ""))
        return f"{inner_scopes} {name} {op!r} {types} {[self._source(v) for v in node.inputs]} {node.frozen}"

    def _source(self, value: Value) -> str:
        if value in self.inner:
            return f"inner {self.inner[value]}"
        if value.role in ("parameter", "buffer", "constant"):
            return f"{value.role} {_signature_of_type(value.type)} {value.frozen}"
        if value not in self.outer:
            self.outer.append(value)
        return f"outer {self.outer.index(value)} {_signature_of_type(value.type)}"


def _signature_of_type(type_: TensorType) -> str:
    return f"{type_.shape} {type_.dtype}"
