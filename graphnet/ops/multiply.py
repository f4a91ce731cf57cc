"""multiply: the product of values."""

from __future__ import annotations

import operator as python
from functools import reduce

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.several import Combination


@operator("multiply", arity=None, category="arithmetic", commutes=True)
class Multiply(Combination):
    """y = a * b * ...; shapes are equal, or one side is a scalar or per channel.

    Gradient: gy times the other operands, summed where the operand was broadcast.

    Example:
        `- {multiply, from: [features, gate]}`
    """

    combine = python.mul

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        def partial(k: int) -> Value:
            others = (*inputs[:k], *inputs[k + 1 :])
            product = b.pointwise("multiply_gradient", lambda *x: reduce(python.mul, x), gradient, *others)
            return b.sum_to(product, inputs[k].type)

        return tuple(partial(k) for k in range(len(inputs)))
