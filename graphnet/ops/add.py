"""add: the sum of values."""

from __future__ import annotations

import operator as python

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.several import Combination


@operator("add", arity=None, category="arithmetic", commutes=True)
class Add(Combination):
    """y = a + b + ...; shapes are equal, or one side is a scalar or per channel.

    Gradient: gy for each operand, summed where it was broadcast.

    Example:
        `- {add, from: [conv2, shortcut]}`, or with branches, of which the empty one is the value before:
        `- add: [{conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}, []]`
    """

    combine = python.add

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return tuple(b.sum_to(gradient, x.type) for x in inputs)
