"""What a drawing of a network shows, and where: which nodes share a box, which blocks are folded, what stands in which
column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphnet.analysis.folding import fold as fold_tree
from graphnet.analysis.structure import Again, Group, Repeat, scope_tree, shown_for, stand_ins
from graphnet.ir.graph import Graph, Node, Value
from graphnet.view.chains import Unit, chains
from graphnet.view.columns import Columns, arrange
from graphnet.view.valley import find_valley


class Plan:
    """The plan of a drawing.

    Args:
        graph: the network.
        fold: whether repetitions are shown once.

    Attributes:
        tree: the blocks, folded if that is wanted.
        stand_ins: for each node that a fold hides, the one that is shown instead.
        shown: the nodes that are shown, each with those that it stands for.
        again: groups that are shown as one box, by their first nodes.
        stacks: what each box shows, by its first node.
        heads: the first node of the box that each node belongs to.
        valley: the two sides, if the network is shaped like a U; it stands in one column then.
        columns: what stands where.
    """

    def __init__(self, graph: Graph, fold: bool) -> None:
        self.graph = graph
        tree = scope_tree(graph.nodes)
        self.tree = fold_tree(tree, graph) if fold else tree
        self.stand_ins, self.shown = stand_ins(self.tree), shown_for(self.tree)
        self.again = {again.nodes[0]: again for again in _applications(self.tree)}
        self.valley = find_valley(graph)
        results = {*graph.results, *(self.valley.across if self.valley else ())}
        stacks = chains(_units(graph, self.again), results, blocks=self.valley is not None)
        self.stacks = {stack[0][0]: [node for unit in stack for node in unit] for stack in stacks}
        self.heads = {node: head for head, stack in self.stacks.items() for node in stack}
        alone = Columns(1, dict.fromkeys(graph.nodes, 0))
        self.columns = alone if self.valley else arrange(graph, self.tree, self.stacks)

    def box(self, value: Value) -> Node:
        """The first node of the box that a value comes out of; it must be computed."""
        assert value.producer is not None
        producer = value.producer
        while producer in self.stand_ins:
            producer = self.stand_ins[producer]
        return self.heads[producer]

    def column(self, value: Value) -> int:
        """Where a value is computed, or else first read."""
        return self.columns.home(value, self.graph)

    def is_below(self, box: Node, other: Node) -> bool:
        """Whether a box computes, perhaps through others, with what another one gives. Boxes are their first nodes."""
        pending, seen = [box], {box}
        while pending:
            read = (value for node in self.stacks[pending.pop()] for value in node.inputs)
            above = {self.box(value) for value in read if value.producer is not None} - seen
            if other in above:
                return True
            seen |= above
            pending += above
        return False


def _applications(tree: Group) -> Iterator[Again]:
    """All groups that a folded tree shows as applications of others."""
    for member in tree.members:
        match member:
            case Again():
                yield member
            case Group():
                yield from _applications(member)
            case Repeat():
                yield from _applications(member.first)


def _units(graph: Graph, again: Mapping[Node, Again]) -> list[Unit]:
    """What a row shows each: a node, or a group that is shown as one."""
    hidden = {node for group in again.values() for node in group.nodes[1:]}
    return [again[node].nodes if node in again else (node,) for node in graph.nodes if node not in hidden]
