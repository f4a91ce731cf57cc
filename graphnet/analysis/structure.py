"""The nesting of a network's blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from graphnet.ir.graph import Node, Scope


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

    Or three or more whose shapes grow by the same step from each to the next, as the layers of a dense block.

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


@dataclass(frozen=True, eq=False)
class Again:
    """A group that is an earlier one applied again: the same layers with the same weights.

    Attributes:
        group: with what is in it.
        of: the earlier one.
    """

    group: Group
    of: Group

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.group.nodes

    @property
    def name(self) -> str:
        return self.group.name


Member = Node | Group | Repeat | Again


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


def shown_for(tree: Group) -> dict[Node, tuple[Node, ...]]:
    """The nodes that a folded tree shows, each with all nodes that it stands for: itself, and those hidden by folds."""
    found: dict[Node, list[Node]] = {}
    hidden = stand_ins(tree)
    for node in tree.nodes:
        shown = node
        while shown in hidden:
            shown = hidden[shown]
        found.setdefault(shown, []).append(node)
    return {node: tuple(nodes) for node, nodes in found.items()}


def stand_ins(tree: Group) -> dict[Node, Node]:
    """For each node that a fold hides, the one that is shown instead (perhaps hidden by another fold itself)."""
    found: dict[Node, Node] = {}
    for member in tree.members:
        if isinstance(member, Repeat):
            found |= member.stand_ins | stand_ins(member.first)
        elif isinstance(member, Group):
            found |= stand_ins(member)
    return found
