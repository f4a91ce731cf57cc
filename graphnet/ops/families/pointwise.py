"""Operators of one scalar expression an element."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, broadcast_shape
from graphnet.ir.expression import Expression
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    kernel = staticmethod
else:

    def kernel(function: F) -> F:
        """Mark a formula over scalar expressions; its argument names say what it needs."""
        return staticmethod(function)


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
        values = [Value("", t) for t in operands]
        shape = broadcast_shape(values)
        for operand in operands:
            if operand.dtype != "float":
                raise AttributeProblem(
                    f"cannot compute with whole numbers ({operand.dtype})", expected="a value of floats",
                    found=str(operand), code="dtype",
                )  # fmt: skip
            try:
                Builder().pointwise("check", lambda *x: x[0], *values, shape=shape)
            except ValueError:
                raise AttributeProblem(
                    "cannot broadcast its operands",
                    expected="equal shapes, or one side a scalar or per channel: (N, C, 1, 1) or (C,) against (N, C, H, W)",
                    found=" and ".join(map(str, operands)),
                ) from None
        return (TensorType(shape),)

    def _operand_names(self) -> list[str]:
        names = [n for n in inspect.signature(self.forward).parameters if not hasattr(self, n)]
        return names

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


__all__ = ["Pointwise", "kernel"]
