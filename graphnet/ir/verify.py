"""The invariants of a graph, checked after every pass."""

from __future__ import annotations

from collections.abc import Collection

from graphnet.core.diagnostics import InternalError
from graphnet.ir.comprehension import Comprehension
from graphnet.ir.graph import Graph, Node, Value


def verify(graph: Graph, stage: str, given: Collection[Value] = ()) -> Graph:
    """Check a graph and return it.

    Args:
        graph: any graph.
        stage: the pass that made it, for the message.
        given: values that another graph computed before.

    Raises:
        InternalError: a node reads what is not computed yet, names are not unique, a comprehension does not fit its
            operands, or a result is missing.
    """
    known: set[Value] = set(given)
    names: set[str] = set()
    for node in graph.nodes:
        for value in node.inputs:
            if value.role == "node" and value not in known:
                raise InternalError(stage, f"it reads {value}, which no earlier node computes", node.name)
        if node.name in names:
            raise InternalError(stage, "its name is not unique", node.name)
        names.add(node.name)
        known.update(node.outputs)
        if isinstance(node.op, Comprehension):
            _verify_comprehension(node, node.op, stage)
    for value in graph.results:
        if value.role == "node" and value not in known:
            raise InternalError(stage, f"the result {value} is not computed")
    return graph


def _verify_comprehension(node: Node, op: Comprehension, stage: str) -> None:
    loops = set(op.extents)
    if len(loops) != len(op.out) + len(op.reduce):
        raise InternalError(stage, f"two loops have one name in {op}", node.name)
    if tuple(v.type for v in node.outputs) != op.types:
        raise InternalError(stage, f"its outputs are not of the types {op.types}", node.name)
    for read in op.reads:
        value = node.inputs[read.operand]
        if len(read.index) != value.type.rank:
            raise InternalError(stage, f"it reads {value} with {len(read.index)} indices", node.name)
        for index, extent in zip(read.index, value.type.shape, strict=True):
            if not index.loops <= loops:
                raise InternalError(stage, f"the index {index} names no loop of {op}", node.name)
            if index.slot is not None and not _is_position(node, op, index.slot):
                raise InternalError(stage, f"{index} of {op} gives no positions", node.name)
            if index.loop and op.extents[index.loop] != extent:
                raise InternalError(stage, f"loop {index.loop} of {op} does not run over {value}", node.name)


def _is_position(node: Node, op: Comprehension, slot: int) -> bool:
    """Whether a read gives whole numbers, and its own position does not depend on another's."""
    if not 0 <= slot < len(op.reads):
        return False
    read = op.reads[slot]
    return node.inputs[read.operand].type.dtype != "float" and not read.lookups
