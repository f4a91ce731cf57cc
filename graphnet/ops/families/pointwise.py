"""Operators of one scalar expression an element."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.broadcasting import common_shape

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    kernel = staticmethod
else:

    def kernel(function: F) -> F:
        """Mark a formula over scalar expressions; its argument names say what it needs."""
        return staticmethod(function)


def sign(x: Expression) -> Expression:
    """1 for positive numbers, -1 for negative ones, 0 for 0 (and NaN)."""
    return where(x > 0, 1, where(x < 0, -1, 0))


class Pointwise(Operator):
    """An operator given by two formulas, `forward` and `backward`.

    Both are written as `@kernel` functions whose argument names select what they read:

    * `forward`: the operands by any name, in order, then attributes by name.
    * `backward`: `gy` (the gradient), `y` (the output), operands by the names that `forward` gives them, and
      attributes. What it does not name need not be kept. It returns one gradient, or a tuple with one an operand.

    Operands of other shapes broadcast if they are scalars, or per channel; their gradients are summed.
    """

    forward: Callable[..., Expression]
    backward: Callable[..., Any]

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (TensorType(common_shape(operands)),)

    def _operand_names(self) -> list[str]:
        return [n for n in inspect.signature(self.forward).parameters if not hasattr(self, n)]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        attributes = self._attributes(self.forward)
        return b.pointwise(self.name, lambda *x: self.forward(*x, **attributes), *inputs)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        available = {"gy": gradient, "y": outputs[0], **dict(zip(self._operand_names(), inputs, strict=True))}
        wanted = [n for n in inspect.signature(self.backward).parameters if not hasattr(self, n)]
        attributes = self._attributes(self.backward)
        values = [available[n] for n in wanted]

        def component(k: int) -> Callable[..., Any]:
            def compute(*x: Expression) -> Any:
                result = self.backward(**dict(zip(wanted, x, strict=True)), **attributes)
                return result[k] if isinstance(result, tuple) else result

            return compute

        shape = outputs[0].type.shape
        made = [b.pointwise(f"{self.name}_gradient", component(k), *values, shape=shape) for k in range(len(inputs))]
        return tuple(b.sum_to(g, x.type) for g, x in zip(made, inputs, strict=True))

    def _attributes(self, function: Callable[..., Any]) -> dict[str, Any]:
        return {n: getattr(self, n) for n in inspect.signature(function).parameters if hasattr(self, n)}


__all__ = ["Pointwise", "kernel", "sign"]
