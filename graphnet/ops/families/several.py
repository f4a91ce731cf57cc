"""Operators of several values, element by element."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import ClassVar

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, Scalar, as_expression, equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.broadcasting import common_shape

Binary = Callable[[Scalar, Scalar], Expression]


class Combination(Operator):
    """A binary operation applied to two or more operands, from left to right.

    Operands of other shapes broadcast if they are scalars, or per channel.
    """

    combine: ClassVar[Binary]

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (TensorType(common_shape(operands)),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.pointwise(self.name, lambda *x: reduce(type(self).combine, x), *inputs)


class Extremum(Combination):
    """The largest or smallest of the operands. Those that are equal share the gradient, as in PyTorch."""

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        def share(gy: Expression, y: Expression, mine: Expression, *all_operands: Expression) -> Expression:
            winners = sum((where(equal(x, y), 1, 0) for x in all_operands), start=as_expression(0))
            return where(equal(mine, y), gy / winners, 0)

        label, y = f"{self.name}_gradient", outputs[0]
        return tuple(b.sum_to(b.pointwise(label, share, gradient, y, x, *inputs), x.type) for x in inputs)
