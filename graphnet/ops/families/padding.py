"""Positions added around maps: constant ones, or ones that the map has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ops.families.picks import Picks
from graphnet.ops.families.regions import Region

BorderMode = Literal["reflect", "replicate", "circular"]
"""Which position stands for one outside: the one mirrored at the border's, the nearest, or from the other side."""

_LIMITS = {"reflect": -1, "circular": 0}
"""How many positions more than the axis has may be added on a side, where that is limited."""


@dataclass(frozen=True)
class Padding:
    """What is added around a map.

    Attributes:
        sides: by axis, how many positions before and behind it.
        mode: what stands there; None for a constant.
        value: the constant.
    """

    sides: Mapping[int, tuple[int, int]]
    mode: BorderMode | None = None
    value: float = 0.0

    def padded(self, x: TensorType) -> TensorType:
        """The type of the padded map.

        Raises:
            AttributeProblem: the map has not enough to mirror or to repeat.
        """
        extra = _LIMITS.get(self.mode or "")
        most = {} if extra is None else {axis: int(x.shape[axis]) + extra for axis in self.sides}
        if any(max(self.sides[axis]) > limit for axis, limit in most.items()):
            raise AttributeProblem(
                f"cannot pad {{operand}} so far in mode {self.mode}", attribute="padding", code="value",
                expected=" and ".join(f"at most {limit} along axis {axis}" for axis, limit in sorted(most.items())),
                found=" and ".join(f"{max(self.sides[axis])} along axis {axis}" for axis in sorted(most)),
            )  # fmt: skip
        shape = list(x.shape)
        for axis, around in self.sides.items():
            shape[axis] = int(x.shape[axis]) + sum(around)
        return TensorType(tuple(shape))

    def pad(self, b: Builder, x: Value) -> Value:
        """The padded map."""
        if self.mode is None:
            return self._region().put(b, "pad", x, self.padded(x.type), fill=self.value)
        return self._picks(x.type).read(b, "pad", x)

    def gradient(self, b: Builder, gradient: Value, x: TensorType) -> Value:
        """The gradient of the map, given that of the padded one."""
        if self.mode is None:
            return self._region().cut(b, "pad_gradient", gradient, x)
        return self._picks(x).readers(b, "pad_gradient", gradient, x)

    def _region(self) -> Region:
        """Where the map lies in the padded one."""
        return Region({axis: before for axis, (before, _) in self.sides.items()})

    def _picks(self, x: TensorType) -> Picks:
        """Which positions of the map those of the padded one have."""
        return Picks(
            {
                axis: [self._source(k - before, int(x.shape[axis])) for k in range(before + int(x.shape[axis]) + after)]
                for axis, (before, after) in self.sides.items()
                if before or after
            }
        )

    def _source(self, position: int, extent: int) -> int:
        """The position inside of an axis whose element stands at one that may lie outside."""
        match self.mode:
            case "reflect":
                return extent - 1 - abs(extent - 1 - abs(position))
            case "circular":
                return position % extent
        return min(max(position, 0), extent - 1)
