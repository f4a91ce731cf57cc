"""The picture of a network as its author wrote it: layers, blocks, shapes, parameters."""

from __future__ import annotations

from collections.abc import Sequence

import graphviz

from graphnet.analysis.cost import add_costs, is_layer, node_costs, node_macs, total_cost
from graphnet.analysis.structure import Group, Member, Repeat, fold_repeats, scope_tree
from graphnet.analysis.units import format_count, format_shape
from graphnet.ir.graph import Graph, Node, Value
from graphnet.view.attributes import describe_attributes
from graphnet.view.canvas import canvas, describe_cost, identifier
from graphnet.view.markup import Chip, card, html, lines, quiet, text
from graphnet.view.palette import (
    ACCENT, CLUSTER_FILLS, CLUSTER_LINE, INPUT, OUTPUT, QUIET_INK, TARGET, Tint, category_tint,
)  # fmt: skip


def draw_network(graph: Graph, fold: bool = True) -> graphviz.Digraph:
    """Draw a graph as the front end made it.

    A layer that only reshapes nobody's data (one operand, the same shape, no multiply-adds: normalisation,
    activation, dropout) stands right under the layer that feeds it, so arrows show only where shapes change or
    ways part.

    Args:
        graph: of operators.
        fold: whether repetitions of a block are drawn once, with a count.
    """
    return _NetworkDrawing(graph, fold).dot


class _NetworkDrawing:
    def __init__(self, graph: Graph, fold: bool) -> None:
        self.graph = graph
        self.costs = node_costs(graph)
        tree = scope_tree(graph.nodes)
        self.tree = fold_repeats(tree, graph) if fold else tree
        self.stand_ins = _stand_ins(self.tree)
        self.followers = _followers(graph)
        self.dot = canvas(graph.name, describe_cost(total_cost(graph), long=True) + " for one sample")
        for value in graph.inputs:
            self._pill(self.dot, "input", value, INPUT, "box")
        self._members(self.dot, self.tree.members, depth=0)
        for value in graph.targets:
            self._pill(self.dot, "target", value, TARGET, "note")
        self._edges()
        self._outputs()

    # -- nodes -------------------------------------------------------------------------------------------------

    def _members(self, dot: graphviz.Digraph, members: Sequence[Member], depth: int) -> None:
        for member in members:
            if isinstance(member, Repeat):
                self._group(dot, member.first, member, depth)
            elif isinstance(member, Group):
                self._group(dot, member, None, depth)
            elif not is_layer(member):
                self._loss(dot, member)
            elif member not in self.followers:
                self._card(dot, self._chain(member))

    def _group(self, dot: graphviz.Digraph, group: Group, repeat: Repeat | None, depth: int) -> None:
        cost = add_costs(self.costs[node] for node in (repeat or group).nodes)
        name = repeat.name if repeat else group.name
        title = f"{text(name, bold=True)} {quiet(group.kind)}"
        if repeat:
            title += f" {text(f'× {repeat.count}', color=ACCENT, bold=True)}"
        chain = [m for m in group.members if isinstance(m, Node)]
        if len(chain) == len(group.members) and set(chain[1:]) <= self.followers.keys():
            self._card(dot, chain, title)
            return
        figures = describe_cost(cost)
        title += f" {quiet('· ' + figures)}" if figures else ""
        with dot.subgraph(name=f"cluster {group.path}") as cluster:
            cluster.attr(
                label=html(title), labeljust="l", labelloc="t", style="rounded,filled", margin="10",
                fillcolor=CLUSTER_FILLS[depth % len(CLUSTER_FILLS)],
                color=ACCENT if repeat else CLUSTER_LINE, penwidth="1.4" if repeat else "1",
            )  # fmt: skip
            self._members(cluster, group.members, depth + 1)

    def _chain(self, head: Node) -> list[Node]:
        """A layer and those that stand under it."""
        chain = [head]
        after = {before: follower for follower, before in self.followers.items()}
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        return chain

    def _card(self, dot: graphviz.Digraph, chain: Sequence[Node], title: str = "") -> None:
        chips = [self._chip(node) for node in chain]
        tooltip = "\n".join(f"{n.name}{f' ({n.span.short})' if n.span else ''}" for n in chain)
        dot.node(identifier("", chain[0].name), card(chips, title), tooltip=tooltip)

    def _chip(self, node: Node) -> Chip:
        cost = self.costs[node]
        heading = f"{text(node.op.name, bold=True)}  {text(_own_name(node), color=QUIET_INK)}"
        figures = [f"{format_count(cost.parameters)} params"] if cost.parameters else []
        figures += [f"{format_count(cost.macs)} MACs"] if cost.macs else []
        frozen = " · frozen" if node.frozen else ""
        return Chip(
            (heading, quiet(describe_attributes(node) + frozen)), tuple(map(quiet, figures)), category_tint(node.op.category)
        )

    def _loss(self, dot: graphviz.Digraph, node: Node) -> None:
        tint = category_tint("loss")
        weight = next((t.weight for t in self.graph.losses if t.value in node.outputs), 1.0)
        words = [quiet(describe_attributes(node)), quiet(f"weight {weight:g}") if weight != 1 else ""]
        label = lines([text(node.op.name, bold=True), *words], "CENTER")
        dot.node(
            identifier("", node.name), html(label), shape="octagon", style="filled", margin="0.12,0.04",
            fillcolor=tint.fill, color=tint.line, tooltip=node.name,
        )  # fmt: skip

    def _pill(self, dot: graphviz.Digraph, kind: str, value: Value, tint: Tint, shape: str, name: str = "") -> None:
        dtype = "" if value.type.dtype == "float" else f" {value.type.dtype}"
        label = lines([text(name or value.name, bold=True), quiet(f"{kind} {format_shape(value.type.sample_shape)}{dtype}")], "CENTER")
        dot.node(
            identifier(kind, name or value.name), html(label), shape=shape, margin="0.16,0.05", fillcolor=tint.fill,
            color=tint.line, style="filled" if shape == "note" else "rounded,filled", penwidth="1.2",
        )  # fmt: skip

    # -- edges -------------------------------------------------------------------------------------------------

    def _edges(self) -> None:
        hidden = self.stand_ins.keys()
        for node in self.graph.nodes:
            if node in hidden or node in self.followers:
                continue
            for value in dict.fromkeys(node.inputs[: node.operands]):
                self._edge(value, identifier("", node.name))

    def _edge(self, value: Value, reader: str) -> None:
        if value.producer is None:
            if value.role in ("input", "target"):
                self.dot.edge(identifier(value.role, value.name), reader)
            return
        producer = value.producer
        while producer in self.stand_ins:
            producer = self.stand_ins[producer]
        side = {} if value is value.producer.outputs[0] else {"style": "dashed"}
        while producer in self.followers:
            producer = self.followers[producer]
        shape = format_shape(value.type.sample_shape)
        self.dot.edge(identifier("", producer.name), reader, label=f" {shape} ", **side)

    def _outputs(self) -> None:
        for name, value in self.graph.outputs.items():
            self._pill(self.dot, "output", value, OUTPUT, "box", name)
            self._edge(value, identifier("output", name))


def _own_name(node: Node) -> str:
    return node.name.rsplit(".", 1)[-1]


def _stand_ins(tree: Group) -> dict[Node, Node]:
    """For each node that folding hides, the one to draw its edges at (perhaps hidden by another fold itself)."""
    found: dict[Node, Node] = {}
    for member in tree.members:
        if isinstance(member, Repeat):
            found |= member.stand_ins | _stand_ins(member.first)
        elif isinstance(member, Group):
            found |= _stand_ins(member)
    return found


def _followers(graph: Graph) -> dict[Node, Node]:
    """The layers that stand right under another, with that other."""
    readers, results = graph.consumers(), set(graph.results)
    found = {}
    for node in graph.nodes:
        if not is_layer(node) or node.operands != 1 or node_macs(node):
            continue
        (value,) = node.inputs[:1]
        before = value.producer
        if before is None or not is_layer(before) or before.scope != node.scope or value in results:
            continue
        if readers[value] == [node] and value.type.shape == node.outputs[0].type.shape:
            found[node] = before
    return found
