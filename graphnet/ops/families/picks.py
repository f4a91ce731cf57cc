"""Values whose positions along some axes are read from positions in any order: mirrored, repeated, shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Loop, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Value

NOWHERE = -1
"""A position outside of every axis."""


@dataclass(frozen=True)
class Picks:
    """Which position of x each position of y has; axes that are not mentioned have their own.

    Attributes:
        along: by axis, a position of x for each position of y; every position of x is read at least once.
    """

    along: Mapping[int, Sequence[int]]

    def read(self, b: Builder, label: str, x: Value) -> Value:
        """y, made of x."""
        shape = tuple(len(self.along.get(axis, ())) or extent for axis, extent in enumerate(x.type.shape))
        loops = axis_loops(shape)
        found = [_lookup(b, [loops[axis]], positions) for axis, positions in self.along.items()]
        return self._fold(b, label, loops, (), found, x)

    def readers(self, b: Builder, label: str, gradient: Value, x: TensorType) -> Value:
        """The gradient of x: for each of its positions, the sum over those of y that have it."""
        loops = axis_loops(x.shape)
        found, taps = [], []
        for axis, positions in self.along.items():
            readers = [[k for k, picked in enumerate(positions) if picked == p] for p in range(int(x.shape[axis]))]
            most = max(map(len, readers))
            if most == 1:
                found.append(_lookup(b, [loops[axis]], [k for (k,) in readers]))
                continue
            taps.append(Loop(f"tap{axis}", most))
            table = [[*places, *[NOWHERE] * (most - len(places))] for places in readers]
            found.append(_lookup(b, [loops[axis], taps[-1]], table))
        return self._fold(b, label, loops, taps, found, gradient)

    def _fold(
        self, b: Builder, label: str, loops: Sequence[Loop], taps: Sequence[Loop],
        found: Sequence[tuple[Value, list[Index]]], value: Value,
    ) -> Value:  # fmt: skip
        at = [Index.of(loop.name) for loop in loops]
        for slot, axis in enumerate(self.along):
            at[axis] = Index.given_by(slot)
        element = Result(Load(len(found)), "sum" if taps else None, dtype=value.type.dtype)
        return b.fold(label, loops, taps, [*found, (value, at)], element)[0]


def _lookup(b: Builder, loops: Sequence[Loop], positions: Sequence[Any]) -> tuple[Value, list[Index]]:
    """A table of positions, and where it is read."""
    return b.constant(np.array(positions, np.int32), "positions"), [Index.of(loop.name) for loop in loops]
