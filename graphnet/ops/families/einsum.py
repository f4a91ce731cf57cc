"""Contractions in the notation of NumPy's einsum."""

from __future__ import annotations

from graphnet.core.types import Extent
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Value


def einsum(b: Builder, label: str, subscripts: str, x: Value, y: Value) -> Value:
    """A sum of products of two values: `einsum(b, "linear", "nf,cf->nc", x, weight)`.

    Args:
        b: adds the node.
        label: names it.
        subscripts: a letter for each axis of x, of y, and of the result; letters that the result lacks are summed over.
            A digit stands for that one position of an axis.
        x, y: the values.
    """
    operands, out = subscripts.split("->")
    axes_of_x, axes_of_y = operands.split(",")
    extents: dict[str, Extent] = {
        **dict(zip(axes_of_x, x.type.shape, strict=True)), **dict(zip(axes_of_y, y.type.shape, strict=True)),
    }  # fmt: skip
    folded = [Loop(axis, extent) for axis, extent in extents.items() if axis not in out and not axis.isdigit()]
    return b.contract(
        label, [Loop(axis, extents[axis]) for axis in out], folded, x, _index(axes_of_x), y, _index(axes_of_y)
    )


def _index(axes: str) -> list[Index]:
    return [Index(offset=int(axis)) if axis.isdigit() else Index.of(axis) for axis in axes]
