"""Parts of values, cut out or put in: every so many positions of some axes, from a start on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Value


@dataclass(frozen=True)
class Region:
    """Where a part lies in a larger value; of an axis that is not mentioned, it has all positions.

    Attributes:
        starts: the first position along an axis, 0 by default.
        steps: from one position to the next, 1 by default; negative ones go backwards.
    """

    starts: Mapping[int, int]
    steps: Mapping[int, int] = field(default_factory=dict)

    def reads(self, loops: Sequence[Loop]) -> list[Index]:
        """Where in the whole the part's element at the loops lies."""
        return [
            Index(((loop.name, self.steps.get(axis, 1)),), self.starts.get(axis, 0)) for axis, loop in enumerate(loops)
        ]

    def readers(self, loops: Sequence[Loop]) -> list[Index]:
        """Which element of the part lies at the loops of the whole."""
        found = []
        for axis, loop in enumerate(loops):
            step, start = self.steps.get(axis, 1), self.starts.get(axis, 0)
            sign = 1 if step > 0 else -1
            found.append(Index(((loop.name, sign),), -sign * start, abs(step)))
        return found

    def cut(self, b: Builder, label: str, whole: Value, part: TensorType) -> Value:
        """The part of a value."""
        loops = axis_loops(part.shape)
        return b.move(label, loops, (whole, self.reads(loops)))

    def put(self, b: Builder, label: str, part: Value, whole: TensorType, *, fill: float = 0.0) -> Value:
        """A value that has the part there, and elsewhere a number."""
        loops = axis_loops(whole.shape)
        return b.move(label, loops, (part, self.readers(loops)), fill=fill)
