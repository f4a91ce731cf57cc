"""Correlation of maps with filters: three contractions, of which convolutions forward and backward are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from graphnet.core.types import BATCH, Extent, TensorType
from graphnet.ir.adjoint import contraction_gradient
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop
from graphnet.ir.graph import Value
from graphnet.ops.families.windows import Windows, feature_map_loops


@dataclass(frozen=True)
class Correlation:
    """How a map, filters, and the responses of these filters to the map depend on one another.

        responses[n, o, w] = sum over c, j of map[n, c, w * stride + j * dilation - padding] * weight[o, c, j]

    with windows w and taps j along one, two or three axes. The responses are linear in the map and in the weight. So
    each of the three follows from the other two, either by this sum or as a gradient of it: a convolution gives the
    responses to a map, a transposed convolution gives the map for responses.

    Attributes:
        windows: the geometry.
        groups: of channels and of filters; a filter sees its own group of channels only.
        map: (N, C, positions).
        responses: (N, O, windows). Windows at the end of the map may have none.
    """

    windows: Windows
    groups: int
    map: TensorType
    responses: TensorType

    @property
    def weight(self) -> TensorType:
        """(O, C / groups, taps)."""
        channels, filters = self.map.sample_shape[0], self.responses.sample_shape[0]
        return TensorType((filters, channels // self.groups, *self.windows.kernel_size))

    def responses_to(self, b: Builder, label: str, map: Value, weight: Value) -> Value:
        """The sum above."""
        made = self._contract(b, label, self._cut(b, map), self._cut(b, weight))
        return self._joined(b, made, self.responses)

    def map_for(self, b: Builder, label: str, responses: Value, weight: Value) -> Value:
        """The filters of each window times its responses, summed where windows overlap: the gradient of the map."""
        return self._gradient(b, label, responses, weight=self._cut(b, weight))

    def weight_for(self, b: Builder, label: str, responses: Value, map: Value) -> Value:
        """What each filter's taps saw, times its responses: the gradient of the weight."""
        return self._gradient(b, label, responses, map=self._cut(b, map))

    def _gradient(
        self, b: Builder, label: str, responses: Value, map: Value | None = None, weight: Value | None = None
    ) -> Value:
        """The gradient of the one that is not given."""
        wanted = self.map if map is None else self.weight
        operands = map or self._placeholder(self.map), weight or self._placeholder(self.weight)
        made = contraction_gradient(b, label, self._forward, self._cut(b, responses), operands, 0 if map is None else 1)
        return self._joined(b, made, wanted)

    @cached_property
    def _forward(self) -> Comprehension:
        """The sum, recorded only to read its loops."""
        b = Builder()
        self._contract(b, "correlation", self._placeholder(self.map), self._placeholder(self.weight))
        return b.nodes[-1].comprehension

    def _placeholder(self, type: TensorType) -> Value:
        return Value("", TensorType(self._cut_shape(type), type.dtype))

    def _contract(self, b: Builder, label: str, map: Value, weight: Value) -> Value:
        (n, o, *positions), taps = feature_map_loops(self.responses), self.windows.taps
        o, c = Loop("o", int(o.extent) // self.groups), Loop("c", self.weight.sample_shape[1])
        group = [Loop("g", self.groups)] if self.groups > 1 else []
        g = [Index.of(loop.name) for loop in group]
        return b.contract(
            label, [n, *group, o, *positions], [c, *taps],
            map, [Index.of("n"), *g, Index.of("c"), *self.windows.reads],
            weight, [*g, Index.of("o"), Index.of("c"), *(Index.of(tap.name) for tap in taps)],
        )  # fmt: skip

    # A grouped convolution has the group as an axis of its own, along which nothing is summed.

    def _cut(self, b: Builder, value: Value) -> Value:
        return value if self.groups == 1 else b.reshape(value, self._cut_shape(value.type), "group")

    def _joined(self, b: Builder, value: Value, type: TensorType) -> Value:
        return value if self.groups == 1 else b.reshape(value, type.shape, "ungroup")

    def _cut_shape(self, type: TensorType) -> tuple[Extent, ...]:
        """The shape with the first axis of channels or filters cut into groups."""
        if self.groups == 1:
            return type.shape
        batch = (BATCH,) if type.is_batched else ()
        first, *rest = type.sample_shape
        return (*batch, self.groups, first // self.groups, *rest)
