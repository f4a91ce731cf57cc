"""Operands that attributes name: `max_unpool2d: {pool: encoder.pool1}` reads `encoder.pool1` as well."""

from __future__ import annotations

from graphnet.ir.graph import Node, Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import reference_attributes


def set_references(op: Operator) -> list[str]:
    """The attributes of an operator that name a value, in order; those without a value left out."""
    return [name for name in reference_attributes(type(op)) if getattr(op, name) is not None]


def consumed(node: Node) -> tuple[Value, ...]:
    """The operands of a node that no attribute names."""
    return node.inputs[: node.operands - len(set_references(node.op))]


def referred(node: Node) -> dict[str, Value]:
    """The operands of a node that attributes name, by attribute; they come behind the others."""
    names = set_references(node.op)
    return dict(zip(names, node.inputs[node.operands - len(names) : node.operands], strict=True))
