"""A network in a table: layers, shapes, parameters, multiply-adds, memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.console import Group as Renderables
from rich.table import Table
from rich.text import Text

from graphnet.analysis.cost import Cost, add_costs, is_listed, node_costs, total_cost
from graphnet.analysis.folding import fold
from graphnet.analysis.structure import Again, Group, Member, Repeat, scope_tree, shown_for
from graphnet.analysis.units import format_bytes, format_count, format_counts, format_shape, format_shapes
from graphnet.ir.graph import Graph, Node


@dataclass(frozen=True)
class MemoryFigures:
    """What a compiled network needs, in bytes, at some batch size.

    Attributes:
        training_bytes: arena of a training step; None where there is no loss.
        inference_bytes: arena of a prediction.
        lower_bound_bytes: the most that is live at one kernel of a training step (of a prediction, where there is no
            loss): no plan for its order needs less.
    """

    training_bytes: int | None
    inference_bytes: int
    lower_bound_bytes: int


@dataclass(frozen=True)
class LayerSummary:
    """One layer; the shape is its output's, without the batch axis.

    Attributes:
        line: of the spec, where there is one.
    """

    name: str
    operator: str
    shape: tuple[int, ...]
    cost: Cost
    line: int | None


@dataclass(frozen=True)
class Summary:
    """What `summarise` found. Prints as a table: `str(summary)`, or in colour by `rich`.

    Attributes:
        cost: the network's totals for one sample.
        outputs: shapes without the batch axis, by name.
        layers: in the order of execution; of losses, those with parameters are among them.
        batch: the number of samples that the memory figures are for.
        memory: None where nothing was compiled.
    """

    name: str
    cost: Cost
    outputs: dict[str, tuple[int, ...]]
    layers: tuple[LayerSummary, ...]
    batch: int = 1
    memory: MemoryFigures | None = None
    graph: Graph = field(repr=False, compare=False, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values; `memory` is null where nothing was compiled."""
        memory = self.memory
        return {
            "name": self.name,
            "parameters": self.cost.parameters,
            "trainable_parameters": self.cost.trainable_parameters,
            "macs": self.cost.macs,
            "outputs": {name: list(shape) for name, shape in self.outputs.items()},
            "layers": [
                {
                    "name": layer.name,
                    "operator": layer.operator,
                    "shape": list(layer.shape),
                    "parameters": layer.cost.parameters,
                    "macs": layer.cost.macs,
                    "line": layer.line,
                }
                for layer in self.layers
            ],
            "memory": memory and {
                "training_bytes": memory.training_bytes,
                "inference_bytes": memory.inference_bytes,
                "lower_bound_bytes": memory.lower_bound_bytes,
            },
        }  # fmt: skip

    def __rich__(self) -> RenderableType:
        return Renderables(_table(self), _totals(self))

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=110, color_system=None)
        console.print(self)
        assert isinstance(console.file, io.StringIO)
        return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def summarise(network: Graph, batch: int = 1, memory: MemoryFigures | None = None) -> Summary:
    """Collect the figures of a network.

    Args:
        network: as the front end made it.
        batch: the number of samples that `memory` is for; all other figures are for one sample.
        memory: from the schedules of a compiled network, if there are any.
    """
    costs = node_costs(network)
    layers = tuple(
        LayerSummary(
            node.name,
            node.op.name,
            node.outputs[0].type.sample_shape,
            costs[node],
            node.span.line if node.span else None,
        )
        for node in network.nodes
        if is_listed(node)
    )
    outputs = {name: value.type.sample_shape for name, value in network.outputs.items()}
    return Summary(network.name, total_cost(network), outputs, layers, batch, memory, graph=network)


# -- the table -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """A line of the table: a layer, or the heading of a group of them (then `count` says how often it stands).

    A layer of repeated groups has the figures of one of them, or their range where these differ.
    """

    label: str
    depth: int
    operator: str
    shape: str
    parameters: str
    macs: str
    is_heading: bool = False
    count: int = 1
    note: str = ""


def _rows(tree: Group, costs: dict[Node, Cost]) -> Iterator[_Row]:
    shown = shown_for(tree)

    def rows(members: tuple[Member, ...], depth: int) -> Iterator[_Row]:
        for member in members:
            if isinstance(member, Node):
                if is_listed(member):
                    yield layer(member, depth)
                continue
            group = member if isinstance(member, Group) else member.group if isinstance(member, Again) else member.first
            total = add_costs(costs[node] for node in member.nodes)
            yield _Row(
                member.name, depth, group.kind, "", _count(total.parameters), _macs(total.macs), is_heading=True,
                count=member.count if isinstance(member, Repeat) else 1,
                note=f"weights of {member.of.path}" if isinstance(member, Again) else "",
            )  # fmt: skip
            if not isinstance(member, Again):
                yield from rows(group.members, depth + 1)

    def layer(node: Node, depth: int) -> _Row:
        alike = shown[node]
        found = [costs[one] for one in alike]
        return _Row(
            node.name.rsplit(".", 1)[-1], depth, node.op.name,
            format_shapes([one.outputs[0].type.sample_shape for one in alike]),
            format_counts([cost.parameters for cost in found], _count),
            format_counts([cost.macs for cost in found], _macs),
        )  # fmt: skip

    return rows(tree.members, 0)


def _count(parameters: int) -> str:
    return f"{parameters:,}" if parameters else ""


def _macs(macs: int) -> str:
    return format_count(macs) if macs else ""


def _table(summary: Summary) -> Table:
    graph = summary.graph
    table = Table(box=box.SIMPLE_HEAD, title=Text(summary.name, style="bold"), title_justify="left", pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("operator", style="cyan", no_wrap=True)
    table.add_column("output", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("MACs", justify="right", no_wrap=True)
    for value in graph.inputs:
        table.add_row(
            Text(value.name, style="green"), Text("input", style="green"), format_shape(value.type.sample_shape)
        )
    for row in _rows(fold(scope_tree(graph.nodes), graph), node_costs(graph)):
        operator = Text(row.operator, style="bold magenta" if row.is_heading else "cyan")
        if row.count > 1:
            operator.append(f" × {row.count}", style="bold yellow")
        figures = "dim" if row.is_heading else ""
        table.add_row(
            Text("  " * row.depth + row.label, style="bold" if row.is_heading else ""), operator,
            Text(row.note, "dim") if row.note else row.shape, Text(row.parameters, figures), Text(row.macs, figures),
        )  # fmt: skip
    return table


def _totals(summary: Summary) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    cost, memory = summary.cost, summary.memory
    frozen = cost.parameters - cost.trainable_parameters
    table.add_row(
        "parameters", f"{cost.parameters:,}" + (f" ({cost.trainable_parameters:,} trained)" if frozen else "")
    )
    table.add_row("MACs", f"{cost.macs:,} for one sample")
    for name, shape in summary.outputs.items():
        table.add_row("output", f"{name} {format_shape(shape)}")
    if memory is not None:
        samples = f"{summary.batch} sample{'s' if summary.batch != 1 else ''}"
        if memory.training_bytes is not None:
            table.add_row("memory", f"{format_bytes(memory.training_bytes)} to train on {samples}")
            table.add_row("", f"{format_bytes(memory.lower_bound_bytes)} of that at least, with any plan")
        label = "" if memory.training_bytes is not None else "memory"
        table.add_row(label, f"{format_bytes(memory.inference_bytes)} to predict {samples}")
    return table
