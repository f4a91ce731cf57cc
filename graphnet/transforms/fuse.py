"""Group nodes into kernels: pointwise nodes join the kernel that produces what they read.

One rule, applied in order: a pointwise node joins the *latest* kernel among those that produce its operands,
if it runs over the same elements. All its other operands then come from earlier kernels, so every
kernel still depends on earlier ones only, and no cycle can arise. Nothing joins a sum few of whose terms count: it
adds up in memory, and has no element at hand before all are done.
"""

from __future__ import annotations

from graphnet.ir.comprehension import Comprehension
from graphnet.ir.graph import Graph, Node, Value
from graphnet.ir.schedule import FusedGraph, FusedKernel, reads_of


def fuse(graph: Graph, *, enabled: bool = True) -> FusedGraph:
    """Group the nodes of a lowered graph.

    Args:
        graph: a graph of comprehensions.
        enabled: False gives every node a kernel of its own (to test against).
    """
    groups: list[list[Node]] = []
    home: dict[Value, int] = {}
    for node in parameters_first(graph.nodes):
        target = _host(node, groups, home) if enabled else None
        if target is None:
            target = len(groups)
            groups.append([])
        groups[target].append(node)
        home.update((v, target) for v in node.outputs)
    return FusedGraph(graph, tuple(kernels_of(graph, groups)))


def parameters_first(nodes: tuple[Node, ...]) -> list[Node]:
    """The nodes in an order that computes what depends on parameters alone before the rest.

    Then such a value (the scale of a batch normalisation in a prediction) stands in no kernel's way.
    """
    early: set[Value] = set()
    for node in nodes:
        if all(v in early or v.role in ("parameter", "buffer", "constant", "hyper") for v in node.inputs):
            early.update(node.outputs)
    return sorted(nodes, key=lambda node: node.outputs[0] not in early)


def _host(node: Node, groups: list[list[Node]], home: dict[Value, int]) -> int | None:
    """The group that a pointwise node joins, or None."""
    op = node.comprehension
    if op.family != "pointwise":
        return None
    produced = [home[v] for v in node.inputs if v in home]
    if not produced:
        return None
    latest = max(produced)
    root = groups[latest][0].comprehension
    if root.view or root.shared_condition is not None or not _has_same_elements(root, op):
        return None
    for read in op.reads:  # what the group computes must be read at the element's own position
        if home.get(node.inputs[read.operand]) == latest and not _is_own_position(op, read.index):
            return None
    return latest


def _has_same_elements(root: Comprehension, op: Comprehension) -> bool:
    return [loop.extent for loop in root.out] == [loop.extent for loop in op.out]


def _is_own_position(op: Comprehension, index: tuple[object, ...]) -> bool:
    return [getattr(i, "loop", None) for i in index] == [loop.name for loop in op.out]


def kernels_of(graph: Graph, groups: list[list[Node]]) -> list[FusedKernel]:
    """Name the groups and find what each reads from and writes to memory."""
    readers = graph.consumers()
    results = set(graph.results)
    kernels = []
    names: dict[str, int] = {}
    for group in groups:
        members = set(group)
        writes = tuple(
            v
            for node in group
            for v in node.outputs
            if v in results or any(reader not in members for reader in readers.get(v, []))
        )
        name = (
            group[0].name
            if len(group) == 1
            else f"{group[0].name}+{'+'.join(n.comprehension.label for n in group[1:])}"
        )
        names[name] = names.get(name, 0) + 1
        kernels.append(
            FusedKernel(name if names[name] == 1 else f"{name}.{names[name]}", tuple(group), reads_of(group), writes)
        )
    return kernels
