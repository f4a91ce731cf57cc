"""The picture of a network as its author wrote it: layers, blocks, shapes, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphnet.analysis.cost import add_costs, is_layer, node_costs, total_cost
from graphnet.analysis.structure import Group, Member, Repeat, fold_repeats, scope_tree
from graphnet.analysis.units import format_count, format_shape
from graphnet.ir.graph import Graph, Node, Value
from graphnet.view.attributes import describe_attributes
from graphnet.view.canvas import Digraph, canvas, describe_cost, identifier, legend
from graphnet.view.chains import chains
from graphnet.view.columns import arrange
from graphnet.view.markup import Chip, card, html, quiet, stack, text
from graphnet.view.palette import (
    ACCENT,
    CATEGORIES,
    CLUSTER_FILLS,
    CLUSTER_LINE,
    INPUT,
    OUTPUT,
    PAPER,
    QUIET_INK,
    TARGET,
    Tint,
    category_tint,
)  # fmt: skip


def draw_network(graph: Graph, fold: bool = True) -> Digraph:
    """Draw a graph as the front end made it.

    Layers stand in stacks where they can (see `graphnet.view.chains`), blocks are frames around their layers.

    Args:
        graph: of operators.
        fold: whether repetitions of a block are drawn once, with a count.
    """
    return _NetworkDrawing(graph, fold).dot


class _NetworkDrawing:
    def __init__(self, graph: Graph, fold: bool) -> None:
        self.graph = graph
        self.costs = node_costs(graph)
        self.owners = {p.value: p.path.rpartition(".")[0] for p in graph.parameters}
        tree = scope_tree(graph.nodes)
        self.tree = fold_repeats(tree, graph) if fold else tree
        self.stand_ins = _stand_ins(self.tree)
        stacks = chains([(node,) for node in graph.nodes], set(graph.results))
        self.stacks = {stack[0][0]: [node for (node,) in stack] for stack in stacks}
        self.heads = {node: head for head, stack in self.stacks.items() for node in stack}
        categories = dict.fromkeys(node.op.category for node in graph.nodes if node.op.category in CATEGORIES)
        colours = legend({category: CATEGORIES[category] for category in categories})
        self.dot = canvas(graph.name, quiet(describe_cost(total_cost(graph), long=True)), colours)
        self.columns = arrange(graph, self.tree, self.stacks)
        for value in graph.inputs:
            self._pill(self.dot, "input", value, INPUT, "box")
        for column in range(self.columns.count):
            self._connector(column)
            self._members(self.dot, self.tree.members, 0, column)
        for value in graph.targets:
            self._pill(self.dot, "target", value, TARGET, "note")
        self._edges()
        self._outputs()

    # -- nodes -------------------------------------------------------------------------------------------------

    def _connector(self, column: int) -> None:
        """A pair of circles with one number: the value at the first one goes on at the second, in another column."""
        if column == 0:
            return
        for end in ("to", "from"):
            self.dot.node(
                identifier(end, str(column)), html(text(str(column), bold=True, color=ACCENT)), shape="circle",
                style="filled", fillcolor=PAPER, color=ACCENT, margin="0.03", width="0.25",
            )  # fmt: skip
        self._edge(self.columns.passed_on[column - 1], identifier("to", str(column)), column - 1)

    def _members(self, dot: Digraph, members: Sequence[Member], depth: int, column: int) -> None:
        for member in members:
            nodes = (member,) if isinstance(member, Node) else member.nodes
            if all(self.columns.of[node] != column for node in nodes):
                continue
            if isinstance(member, Repeat):
                self._group(dot, member.first, member, depth, column)
            elif isinstance(member, Group):
                self._group(dot, member, None, depth, column)
            elif not is_layer(member):
                self._loss(dot, member)
            elif member in self.stacks:
                self._card(dot, self.stacks[member])

    def _group(self, dot: Digraph, group: Group, repeat: Repeat | None, depth: int, column: int) -> None:
        title = text(repeat.name if repeat else group.name, bold=True)
        if group.kind != "sequential" and not group.name.startswith(group.kind):
            title += f" {quiet(group.kind)}"
        if repeat:
            title += f" {text(f'× {repeat.count}', color=ACCENT, bold=True)}"
        if list(group.members) == self.stacks.get(group.nodes[0]):  # a box around one box says nothing
            self._card(dot, self.stacks[group.nodes[0]], title)
            return
        parts = {self.columns.of[node] for node in group.nodes}
        if column > min(parts):
            title += f" {quiet('continued')}"
        elif depth == 0 or repeat:  # further in, the layers say it
            cost = add_costs(self.costs[node] for node in (repeat or group).nodes)
            title += f" {quiet(describe_cost(cost))}"
        with dot.subgraph(name=f"cluster {group.path}" + (f" {column}" if len(parts) > 1 else "")) as cluster:
            cluster.attr(
                label=html(title), labeljust="l", labelloc="t", style="rounded,filled", margin="10",
                fillcolor=CLUSTER_FILLS[depth % len(CLUSTER_FILLS)],
                color=ACCENT if repeat else CLUSTER_LINE, penwidth="1.4" if repeat else "1",
            )  # fmt: skip
            self._members(cluster, group.members, depth + 1, column)

    def _card(self, dot: Digraph, chain: Sequence[Node], title: str = "") -> None:
        chips = [self._chip(node) for node in chain]
        tooltip = ", ".join(_tooltip(node) for node in chain)
        dot.node(identifier("layer", chain[0].name), card(chips, title), tooltip=tooltip)

    def _chip(self, node: Node) -> Chip:
        cost = self.costs[node]
        heading = text(node.op.name, bold=True) + text(_own_name(node), color=QUIET_INK)
        figures = [f"{format_count(cost.parameters)} params"] if cost.parameters else []
        figures += [f"{format_count(cost.macs)} MACs"] if cost.macs else []
        notes = " · ".join([*describe_attributes(node), *self._notes(node)])
        return Chip((heading, quiet(notes)), tuple(map(quiet, figures)), category_tint(node.op.category))

    def _notes(self, node: Node) -> Iterator[str]:
        """What is said of a layer besides its attributes."""
        if node.frozen:
            yield "frozen"
        owners = {self.owners[v] for v in node.parameters if v in self.owners} - {node.name}
        if owners:
            yield f"weights of {', '.join(sorted(owners))}"

    def _loss(self, dot: Digraph, node: Node) -> None:
        tint = category_tint("loss")
        weight = next((t.weight for t in self.graph.losses if t.value in node.outputs), 1.0)
        words = [text(node.op.name, bold=True), quiet(" · ".join(describe_attributes(node)))]
        is_of_values = any(v.role in ("node", "input") for v in node.inputs)
        if not is_of_values:
            words.append(quiet(f"of {node.operands} parameter{'s' * (node.operands != 1)}"))
        if weight != 1:
            words.append(quiet(f"weight {weight:g}"))
        dot.node(
            identifier("layer", node.name), stack(words, padding=0), shape="octagon", style="filled",
            margin="0.12,0.04", fillcolor=tint.fill, color=tint.line, tooltip=_tooltip(node),
        )  # fmt: skip
        last = next((n for n in reversed(self.graph.nodes) if is_layer(n) and n not in self.stand_ins), None)
        if not is_of_values and last:  # nothing points at it: keep it at the end, with the other losses
            self.dot.edge(identifier("layer", self.heads[last].name), identifier("layer", node.name), style="invis")

    def _pill(self, dot: Digraph, kind: str, value: Value, tint: Tint, shape: str, name: str = "") -> None:
        facts = [kind, *(format_shape(value.type.sample_shape),) * bool(value.type.sample_shape)]
        facts += [value.type.dtype] * (value.type.dtype != "float")
        dot.node(
            identifier(kind, name or value.name), stack([text(name or value.name, bold=True), quiet(" ".join(facts))]),
            shape=shape, margin="0.14,0.04", fillcolor=tint.fill, color=tint.line, penwidth="1.2",
            style="filled" if shape == "note" else "rounded,filled",
        )  # fmt: skip

    # -- edges -------------------------------------------------------------------------------------------------

    def _edges(self) -> None:
        hidden = self.stand_ins.keys()
        for node in self.graph.nodes:
            if node in hidden or self.heads[node] is not node:
                continue
            for value in dict.fromkeys(node.inputs[: node.operands]):
                self._edge(value, identifier("layer", node.name), self.columns.of[node])

    def _edge(self, value: Value, reader: str, column: int) -> None:
        """An arrow to a box in some column, from the value's box or from where the value enters the column."""
        if value.role not in ("node", "input", "target"):
            return
        start, looks = identifier(value.role, value.name), {}
        if value.role == "node":
            producer = self._shown(value)
            start, looks = identifier("layer", producer.name), {"label": _shape(value)}
            if not value.producer or value is not value.producer.outputs[0]:
                looks["style"] = "dashed"  # not what a user sees, but positions or statistics
        if self.columns.count > 1 and value in self.columns.passed_on and self._column(value) < column:
            start = identifier("from", str(column))
        self.dot.edge(start, reader, **looks)

    def _shown(self, value: Value) -> Node:
        """The first layer of the box that a value comes out of."""
        assert value.producer is not None
        producer = value.producer
        while producer in self.stand_ins:
            producer = self.stand_ins[producer]
        return self.heads[producer]

    def _column(self, value: Value) -> int:
        """Where a value is computed, or an input first read."""
        if value.producer is not None:
            return self.columns.of[value.producer]
        return min(self.columns.of[node] for node in self.graph.nodes if value in node.inputs)

    def _outputs(self) -> None:
        for name, value in self.graph.outputs.items():
            self._pill(self.dot, "output", value, OUTPUT, "box", name)
            self._edge(value, identifier("output", name), self._column(value))


def _tooltip(node: Node) -> str:
    place = f" ({node.span.short})" if node.span else ""
    return identifier(node.op.name, node.name) + place


def _shape(value: Value) -> str:
    return f" {format_shape(value.type.sample_shape)} " if value.type.sample_shape else ""


def _own_name(node: Node) -> str:
    """The node's name, to follow its operator's: `conv2d` and `1`, or `conv2d` and ` stem`."""
    name = node.name.rsplit(".", 1)[-1]
    count = name.removeprefix(node.op.name)
    return count if count.isdigit() and count != name else f" {name}"


def _stand_ins(tree: Group) -> dict[Node, Node]:
    """For each node that folding hides, the one to draw its edges at (perhaps hidden by another fold itself)."""
    found: dict[Node, Node] = {}
    for member in tree.members:
        if isinstance(member, Repeat):
            found |= member.stand_ins | _stand_ins(member.first)
        elif isinstance(member, Group):
            found |= _stand_ins(member)
    return found
