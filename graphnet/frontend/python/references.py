"""Operands that attributes name: `max_unpool2d: {pool: encoder.pool1}` reads `encoder.pool1` as well."""

from __future__ import annotations

from graphnet.ir.graph import Node, Value
from graphnet.ops.families.references import reference_counts


def consumed(node: Node) -> tuple[Value, ...]:
    """The operands of a node that no attribute names."""
    return node.inputs[: node.operands - sum(reference_counts(node.op).values())]


def referred(node: Node) -> dict[str, Value]:
    """The values that a node's attributes name, by attribute."""
    found: dict[str, Value] = {}
    place = len(consumed(node))
    for attribute, count in reference_counts(node.op).items():
        operand = node.inputs[place]  # the value, or something that a layer keeps besides its value
        found[attribute] = operand if operand.producer is None else operand.producer.outputs[0]
        place += count
    return found
