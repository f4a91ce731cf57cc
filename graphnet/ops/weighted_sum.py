"""weighted_sum: a sum of values with learned positive weights."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Coordinate, Expression, Load, as_expression, equal, sigmoid, where
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator


@operator("weighted_sum", arity=None, category="arithmetic")
class WeightedSum(Operator):
    """y = sigmoid(w[0]) a + sigmoid(w[1]) b + ...; all shapes are equal.

    Gradient: sigmoid(w[k]) gy for operand k, and gw[k] = sigmoid'(w[k]) times the sum of gy * operand k.

    Example:
        `- {weighted_sum, from: [conv1, conv2, conv3]}`

    Source: Xie, Kirillov, Girshick, He, "Exploring randomly wired neural networks for image recognition", 2019.

    Parameters: `weight` (operands), which starts at 0: each operand counts one half.
    """

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        first = operands[0]
        for other in operands:
            if other.shape != first.shape or other.dtype != "float":
                raise AttributeProblem(
                    "cannot add its operands", expected=f"values of the shape {first}",
                    found=f"{first} and {other}", code="shape",
                )  # fmt: skip
        return (first,)

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return {"weight": ParameterSpec((len(operands),), Initializer("zeros"))}

    def _weights(self, b: Builder, weight: Value) -> list[Value]:
        """The sigmoid of each weight, as a number of its own."""
        count = int(weight.type.shape[0])
        alone = [b.fold("weight", (), (), [(weight, (Index(offset=k),))], Result(Load(0)))[0] for k in range(count)]
        return [b.pointwise("weight", sigmoid, value) for value in alone]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        *operands, weight = inputs
        count = len(operands)

        def total(*given: Expression) -> Expression:
            return sum((w * x for w, x in zip(given[count:], given[:count], strict=True)), start=as_expression(0))

        return b.pointwise("weighted_sum", total, *operands, *self._weights(b, weight))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        *operands, weight = inputs
        weights = self._weights(b, weight)
        every_axis = range(gradient.type.rank)
        dots = [b.reduce("dot", "sum", lambda g, x: g * x, gradient, x, axes=every_axis) for x in operands]
        (place,) = axis_loops(weight.type.shape)

        def stacked(*given: Expression) -> Expression:
            pairs = zip(given[: len(dots)], given[len(dots) :], strict=True)
            slopes = (where(equal(Coordinate(place.name), k), dot * w * (1 - w), 0) for k, (dot, w) in enumerate(pairs))
            return sum(slopes, start=as_expression(0))

        gw = b.pointwise("weight_gradient", stacked, *dots, *weights, shape=weight.type.shape)
        return (*(b.multiply(gradient, w) for w in weights), gw)
