"""What the groups of a graph read, give, share and freeze, as somebody who writes them down must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import networkx as nx

from graphnet.analysis.structure import Group
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.python.references import consumed, referred
from graphnet.ir.graph import Graph, Node, Value

Member = Node | Group


def owner_of(node: Node) -> str:
    """The path of the layer whose parameters a node uses: its own, unless it shares another's."""
    return node.parameters[0].name.removesuffix(f".{node.parameter_names[0]}") if node.parameters else node.name


def members_of(group: Group) -> list[Member]:
    """The nodes and groups in a group whose repetitions are not folded."""
    return [member for member in group.members if isinstance(member, Node | Group)]


def local_name(member: Member) -> str:
    """The name without the scopes around it."""
    return member.name.rpartition(".")[2] if isinstance(member, Node) else member.name


def ordered_members(group: Group) -> list[Member]:
    """The members of a group such that each comes after what it reads, and after what it shares.

    Raises:
        SpecError: there is no such order: a scope was left and entered again, and both halves need each other.
    """
    members = members_of(group)
    place = {node: k for k, member in enumerate(members) for node in _nodes(member)}
    owners = {node.name: node for node in place}
    order = nx.DiGraph()
    order.add_nodes_from(range(len(members)))
    for node, k in place.items():
        before = [value.producer for value in node.inputs[: node.operands]]
        sources = [place[n] for n in (*before, owners.get(owner_of(node))) if n is not None and n in place]
        order.add_edges_from((source, k) for source in sources if source != k)
    try:
        return [members[k] for k in nx.lexicographical_topological_sort(order)]
    except nx.NetworkXUnfeasible:
        circle = [members[a] for a, _ in nx.find_cycle(order)]
        names = " and ".join(repr(m.name if isinstance(m, Node) else m.path) for m in circle)
        raise SpecError(
            Diagnostic(
                "to-yaml", f"{names} need each other, so neither can be written first", _nodes(circle[0])[0].span,
                expected="scopes that are complete when something outside reads them",
                found="a scope that was left and entered again",
                hint="put the layers in between into the scope, or the second part into a scope of its own",
            )
        ) from None  # fmt: skip


def _nodes(member: Member) -> Sequence[Node]:
    return (member,) if isinstance(member, Node) else member.nodes


class GroupFacts:
    """Facts about groups.

    Args:
        graph: of a network.
        tree: its layers by scopes.
    """

    def __init__(self, graph: Graph, tree: Group) -> None:
        self._graph = graph
        self._groups = {group.path: group for group in _groups(tree)}
        self._members = {path: frozenset(group.nodes) for path, group in self._groups.items()}
        self._sources = self._find_sources(tree)
        self._tied = self._find_tied(tree)
        while untrue := [path for path, source in self._sources.items() if {path, source} & self._tied]:
            for path in untrue:  # a group that lends single layers, too, cannot be shared as a whole
                del self._sources[path]
            self._tied = self._find_tied(tree)

    # -- sharing -----------------------------------------------------------------------------------------------

    def source(self, group: Group) -> str | None:
        """The path of the group that this one is another application of."""
        return self._sources.get(group.path)

    def is_shared(self, group: Group) -> bool:
        """Whether another group has the same parameters, as a whole."""
        return group.path in self._sources or group.path in self._sources.values()

    def is_tied(self, group: Group) -> bool:
        """Whether single layers share parameters across its border, which the border of a block would not let them."""
        return group.path in self._tied

    def _find_tied(self, tree: Group) -> set[str]:
        found: set[str] = set()
        for node in tree.nodes:
            paths = _enclosing(node.name)
            if not any(path in self._sources for path in paths):
                found |= set(paths) ^ set(_enclosing(owner_of(node)))
        return found

    def _find_sources(self, tree: Group) -> dict[str, str]:
        """The outermost groups of which all parameters belong to one other group, each at its own place in it."""
        found: dict[str, str] = {}
        stack = [m for m in tree.members if isinstance(m, Group)]
        while stack:
            group = stack.pop()
            sources = {self._shift(node, group) for node in group.nodes if node.parameters}
            (only,) = sources if len(sources) == 1 else (None,)
            if only is not None and only != group.path and only in self._groups:
                found[group.path] = only
            else:
                stack += [m for m in group.members if isinstance(m, Group)]
        return found

    def _shift(self, node: Node, group: Group) -> str | None:
        """The group that has the owner of the node's parameters where `group` has the node."""
        inside = node.name.removeprefix(group.path)
        owner = owner_of(node)
        return owner.removesuffix(inside) if owner.endswith(inside) else None

    # -- values ------------------------------------------------------------------------------------------------

    def reads(self, group: Group) -> list[Value]:
        """The values that a group consumes or names from outside, in the order in which it does."""
        inside = self._members[group.path]
        read = [v for node in group.nodes for v in (*consumed(node), *referred(node).values())]
        return list(dict.fromkeys(v for v in read if v.producer not in inside))

    def gives(self, group: Group) -> list[Value]:
        """The values of a group that are read outside of it; those that share its parameters count together."""
        source = self._sources.get(group.path, group.path)
        family = [source, *(path for path, other in self._sources.items() if other == source)]
        names = {name for path in family for name in self._given_names(path)}
        return [node.outputs[0] for node in group.nodes if node.name.removeprefix(group.path) in names]

    def _given_names(self, path: str) -> Iterator[str]:
        inside = self._members[path]
        for node in self._groups[path].nodes:
            value = node.outputs[0]
            if value in self._results or any(user not in inside for user in self._consumers.get(value, ())):
                yield node.name.removeprefix(path)

    @cached_property
    def _results(self) -> frozenset[Value]:
        return frozenset(self._graph.results)

    @cached_property
    def _consumers(self) -> dict[Value, list[Node]]:
        return self._graph.consumers()

    # -- frozen ------------------------------------------------------------------------------------------------

    def is_frozen(self, group: Group, *, owned: bool) -> bool:
        """Whether all layers with parameters are frozen, and not all of them share those of other places.

        Args:
            group: the layers.
            owned: whether shared parameters count as their own.
        """
        users = [node for node in group.nodes if node.parameters]
        is_own = (owned and bool(users)) or any(owner_of(node) == node.name for node in users)
        return is_own and all(node.frozen for node in users)


def _enclosing(path: str) -> list[str]:
    """The scopes around a layer, by path."""
    steps = path.split(".")
    return [".".join(steps[:k]) for k in range(1, len(steps))]


def _groups(group: Group) -> Iterator[Group]:
    yield group
    for member in group.members:
        if isinstance(member, Group):
            yield from _groups(member)
