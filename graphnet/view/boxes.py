"""The boxes and frames of a network's drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from graphnet.analysis.cost import add_costs, is_layer, node_costs
from graphnet.analysis.structure import Again, Group, Member, Repeat
from graphnet.analysis.units import format_counts, format_shape
from graphnet.ir.graph import Node, Value
from graphnet.view.attributes import describe_attributes
from graphnet.view.canvas import Digraph, describe_cost, identifier
from graphnet.view.markup import Chip, card, html, quiet, stack, text
from graphnet.view.palette import (
    ACCENT,
    CLUSTER_FILLS,
    CLUSTER_LINE,
    INPUT,
    OUTPUT,
    QUIET_INK,
    STONE,
    TARGET,
    Tint,
    category_tint,
)  # fmt: skip
from graphnet.view.plan import Plan


class Boxes:
    """Draws layers, losses, inputs and outputs, and frames around blocks, into the panels of their columns."""

    def __init__(self, plan: Plan, panels: Sequence[Digraph]) -> None:
        self.plan, self.graph = plan, plan.graph
        self.costs = node_costs(plan.graph)
        self.owners = {p.value: p.path.rpartition(".")[0] for p in plan.graph.parameters}
        for column, dot in enumerate(panels):
            self._sources(dot, column, self.graph.inputs, INPUT, "box")
            self._members(dot, plan.tree.members, 0, column)
            self._sources(dot, column, self.graph.targets, TARGET, "note")
        for name, value in self.graph.outputs.items():
            self._pill(panels[plan.column(value)], "output", value, OUTPUT, "box", name)

    # -- what goes in and out ------------------------------------------------------------------------------------

    def _sources(self, dot: Digraph, column: int, values: Sequence[Value], tint: Tint, shape: str) -> None:
        """Inputs or targets, in the column where they are read first."""
        for value in values:
            if self.plan.column(value) == column:
                self._pill(dot, value.role, value, tint, shape)

    def _pill(self, dot: Digraph, kind: str, value: Value, tint: Tint, shape: str, name: str = "") -> None:
        facts = [kind, *(format_shape(value.type.sample_shape),) * bool(value.type.sample_shape)]
        facts += [value.type.dtype] * (value.type.dtype != "float")
        dot.node(
            identifier(kind, name or value.name), stack([text(name or value.name, bold=True), quiet(" ".join(facts))]),
            shape=shape, margin="0.14,0.04", fillcolor=tint.fill, color=tint.line, penwidth="1.2",
            style="filled" if shape == "note" else "rounded,filled",
        )  # fmt: skip

    # -- layers and blocks ---------------------------------------------------------------------------------------

    def _members(self, dot: Digraph, members: Sequence[Member], depth: int, column: int) -> None:
        for member in members:
            nodes = (member,) if isinstance(member, Node) else member.nodes
            if all(self.plan.columns.of[node] != column for node in nodes):
                continue
            if isinstance(member, Repeat):
                self._group(dot, member.first, member, depth, column)
            elif isinstance(member, Group):
                self._group(dot, member, None, depth, column)
            elif isinstance(member, Again):
                self._application(dot, member)
            elif not is_layer(member):
                self._loss(dot, member)
            elif member in self.plan.stacks:
                self._card(dot, self.plan.stacks[member])

    def _group(self, dot: Digraph, group: Group, repeat: Repeat | None, depth: int, column: int) -> None:
        title = text(repeat.name if repeat else group.name, bold=True)
        if group.kind != "sequential" and not group.name.startswith(group.kind):
            title += f" {quiet(group.kind)}"
        if repeat:
            title += f" {text(f'× {repeat.count}', color=ACCENT, bold=True)}"
        if list(group.members) == self.plan.stacks.get(group.nodes[0]):  # a box around one box says nothing
            self._card(dot, self.plan.stacks[group.nodes[0]], title)
            return
        parts = {self.plan.columns.of[node] for node in group.nodes}
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

    def _application(self, dot: Digraph, again: Again) -> None:
        """One box for a group that applies another's weights again."""
        cost = add_costs(self.costs[node] for node in again.nodes)
        title = f"{text(again.name, bold=True)} {text(again.group.kind, color=QUIET_INK)}"
        chip = Chip((title, quiet(f"weights of {again.of.path}")), (quiet(describe_cost(cost)),), STONE)
        name = identifier("layer", again.nodes[0].name)
        dot.node(name, card([chip]), tooltip=f"{again.group.path} applies {again.of.path} again")

    def _card(self, dot: Digraph, chain: Sequence[Node], title: str = "") -> None:
        chips = [self._chip(node, after) for node, after in zip_longest(chain, chain[1:])]
        tooltip = ", ".join(_tooltip(node) for node in chain)
        dot.node(identifier("layer", chain[0].name), card(chips, title), tooltip=tooltip)

    def _chip(self, node: Node, after: Node | None) -> Chip:
        """A layer's row in a box, above another layer's.

        Where it stands for several of different sizes, its figures are those of the first and the last.
        """
        costs = [self.costs[one] for one in self.plan.shown[node]]
        title = text(node.op.name, bold=True) + text(_own_name(node), color=QUIET_INK)
        counts = {"params": [cost.parameters for cost in costs], "MACs": [cost.macs for cost in costs]}
        figures = [f"{format_counts(each)} {what}" for what, each in counts.items() if any(each)]
        shape = node.outputs[0].type.sample_shape
        if after is not None and after.outputs[0].type.sample_shape != shape:
            figures.append(f"→ {format_shape(shape)}")
        notes = " · ".join([*describe_attributes(node), *self._notes(node)])
        return Chip((title, quiet(notes)), tuple(map(quiet, figures)), category_tint(node.op.category))

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
        last = next((n for n in reversed(self.graph.nodes) if is_layer(n) and n not in self.plan.stand_ins), None)
        if not is_of_values and last:  # nothing points at it: keep it at the end, with the other losses
            dot.edge(identifier("layer", self.plan.heads[last].name), identifier("layer", node.name), style="invis")


def _tooltip(node: Node) -> str:
    place = f" ({node.span.short})" if node.span else ""
    return identifier(node.op.name, node.name) + place


def _own_name(node: Node) -> str:
    """The node's name, to follow its operator's: `conv2d` and `1`, or `conv2d` and ` stem`."""
    name = node.name.rsplit(".", 1)[-1]
    count = name.removeprefix(node.op.name)
    return count if count.isdigit() and count != name else f" {name}"
