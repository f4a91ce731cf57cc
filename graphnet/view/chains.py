"""Which boxes may stand right under another, without an arrow: those that only follow it, in the same shape."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphnet.analysis.cost import is_layer, node_macs
from graphnet.ir.graph import Node, Value

Unit = tuple[Node, ...]
"""What one box row shows: an operator, or the primitive nodes of a layer."""


def chains(units: Sequence[Unit], results: Collection[Value], *, blocks: bool = False) -> list[list[Unit]]:
    """Put units together that can be drawn as one stack.

    A unit goes under the one it reads if it reads nothing else, nobody else reads that, both stand in the same
    block, it keeps the shape, and does no multiply-adds: normalisation, activation, dropout. So an arrow is
    drawn only where the shape changes or ways part.

    Args:
        units: in topological order; every node is in one at most.
        results: values that must be visible as ends of arrows.
        blocks: whether whole blocks are stacks as far as they are chains: shapes may change, and there may be
            multiply-adds.

    Returns:
        the stacks in the order of their first units.
    """
    home = {node: unit for unit in units for node in unit}
    readers: dict[Value, set[Unit]] = {}
    for unit in units:
        for value in _operands(unit):
            readers.setdefault(value, set()).add(unit)
    stacks: dict[Unit, list[Unit]] = {}
    for unit in units:
        reads = _operands(unit)
        before = home.get(reads[0].producer) if len(reads) == 1 and reads[0].producer else None
        if (
            before
            and _follows(unit, before, reads[0], blocks)
            and readers[reads[0]] == {unit}
            and reads[0] not in results
        ):
            stacks[unit] = stacks[before]
            stacks[unit].append(unit)
        else:
            stacks[unit] = [unit]
    return [stack for unit, stack in stacks.items() if stack[0] == unit]


def _follows(unit: Unit, before: Unit, value: Value, blocks: bool) -> bool:
    if not (is_layer(unit[0]) and is_layer(before[0])) or unit[0].scope != before[0].scope:
        return False
    if blocks and unit[0].scope and unit[0].scope[-1].kind != "sequential":
        return True
    return value.type.shape == unit[-1].outputs[0].type.shape and not any(map(node_macs, unit))


def _operands(unit: Unit) -> list[Value]:
    """What a unit reads of others, apart from parameters and constants."""
    own = {value for node in unit for value in node.outputs}
    read = [v for node in unit for v in node.inputs if v not in own and v.role in ("node", "input", "target")]
    return list(dict.fromkeys(read))
