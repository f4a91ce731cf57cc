"""Normalisation of groups of channels, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphnet.core.types import BATCH, TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop, Result, window
from graphnet.ir.expression import Expression, Load
from graphnet.ir.graph import ParameterSpec, Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.standardisation import (
    affine_parameters,
    alone,
    inverse_deviation,
    standardise,
    standardise_gradient,
)


class ChannelGroupNormalisation(Operator):
    """An operator that gives groups of channels of each sample mean 0 and variance 1, then perhaps scales and shifts.

    Sums run over the positions of each channel first, where all channels of a vector go together, and over the channels
    of a group then, which are few numbers. Every channel keeps a copy of its group's statistics.
    """

    eps: float
    affine: bool

    def group_size(self, operand: TensorType) -> int:
        """How many neighbouring channels share their statistics."""
        raise NotImplementedError

    def statistics(self, operand: TensorType) -> TensorType:
        """The type of mean and deviation: one number for each channel of each sample."""
        return TensorType.batched(operand.sample_shape[0])

    def _count(self, operand: TensorType) -> int:
        return self.group_size(operand) * product(operand.sample_shape[1:])

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return alone(self._count(operands[0]))

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return affine_parameters((operands[0].sample_shape[0],)) if self.affine else {}

    def _sum_channels(self, b: Builder, label: str, function: Any, *values: Value) -> Value:
        """The sum of an expression over the positions of each channel, (N, C)."""
        return b.reduce(label, "sum", function, *values, axes=range(2, values[0].type.rank))

    def _sum_groups(self, b: Builder, value: Value, size: int) -> Value:
        """The sum over the channels of each group, (N, C): for each channel that of its group."""
        if size == 1:
            return value
        channels = value.type.sample_shape[0]
        n, g, c, j = Loop("n", BATCH), Loop("g", channels // size), Loop("c", channels), Loop("j", size)
        member, own_group = window("g", "j", stride=size), Index(groups=(("c", size, 1),))
        (total,) = b.fold("group_sum", [n, g], [j], [(value, [Index.of("n"), member])], Result(Load(0), "sum"))
        return b.move("group", [n, c], (total, [Index.of("n"), own_group]))

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, *affine = inputs
        size, count = self.group_size(x.type), self._count(x.type)
        total = self._sum_channels(b, "channel_sum", lambda v: v, x)
        mean = b.pointwise("mean", lambda s: s / count, self._sum_groups(b, total, size))
        squares = self._sum_channels(b, "squared_deviation", lambda v, m: (v - m) * (v - m), x, mean)
        inv_std = b.pointwise(
            "inv_std", lambda s: inverse_deviation(s / count, self.eps), self._sum_groups(b, squares, size)
        )
        return b.pointwise(self.name, standardise, x, mean, inv_std, *affine), mean, inv_std

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, *affine), (mean, inv_std) = inputs, outputs[1:]
        size, count, weight = self.group_size(x.type), self._count(x.type), affine[:1]
        sum_gy = self._sum_channels(b, "gradient_sum", lambda gy: gy, gradient)
        centred = self._sum_channels(b, "centred_gradient_sum", lambda gy, v, m: gy * (v - m), gradient, x, mean)

        def scaled(value: Expression, *weight: Expression) -> Expression:
            return value * weight[0] if weight else value

        sum_h, sum_centred_h = (b.pointwise("weighted", scaled, value, *weight) for value in (sum_gy, centred))
        mean_h = b.pointwise("mean_gradient", lambda s: s / count, self._sum_groups(b, sum_h, size))
        slope = b.pointwise("slope", lambda s, i: s * i * i / count, self._sum_groups(b, sum_centred_h, size), inv_std)
        gx = b.pointwise(
            f"{self.name}_gradient",
            lambda gy, v, m, i, mean, slope, *w: standardise_gradient(scaled(gy, *w), v, m, i, mean, slope),
            gradient, x, mean, inv_std, mean_h, slope, *weight,
        )  # fmt: skip
        if not affine:
            return (gx,)
        gw = b.reduce("weight_gradient", "sum", lambda s, i: s * i, centred, inv_std, axes=(0,))
        return gx, gw, b.reduce("bias_gradient", "sum", lambda s: s, sum_gy, axes=(0,))
