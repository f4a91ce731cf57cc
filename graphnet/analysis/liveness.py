"""When values live, over an order of kernels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graphnet.ir.graph import Value
from graphnet.ir.schedule import FusedKernel


@dataclass(frozen=True)
class Lifetime:
    """Indices of the first and the last kernel that touch a value, both included."""

    first: int
    last: int

    def union(self, other: Lifetime) -> Lifetime:
        """From the first touch of either to the last of either."""
        return Lifetime(min(self.first, other.first), max(self.last, other.last))

    def overlaps(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


def lifetimes(
    kernels: Sequence[FusedKernel], results: Collection[Value] = (), shares: Mapping[Value, Value] | None = None
) -> dict[Value, Lifetime]:
    """How long each value that a kernel writes must keep its memory.

    Values that no kernel writes (inputs, parameters) have memory of their own and are left out.

    Args:
        kernels: in the order of execution.
        results: values that must survive the last kernel.
        shares: values that are another value's memory under another shape, with that other value. A sharing
            value is left out, and its touches count for the one whose memory it is.

    Returns:
        lifetimes in the order of first use.
    """
    owners = shares or {}

    def owner(value: Value) -> Value:
        while value in owners:
            value = owners[value]
        return value

    written = {v for kernel in kernels for v in kernel.writes if v not in owners}
    found: dict[Value, Lifetime] = {}
    for index, kernel in enumerate(kernels):
        for value in (*kernel.reads, *kernel.writes):
            memory = owner(value)
            if memory in written:
                here = Lifetime(index, index)
                found[memory] = found[memory].union(here) if memory in found else here
    for value in results:
        if owner(value) in found:
            found[owner(value)] = found[owner(value)].union(Lifetime(len(kernels) - 1, len(kernels) - 1))
    return found
