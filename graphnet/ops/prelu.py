"""prelu: a rectifier that learns the slope of its negative side."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.expression import Expression, where
from graphnet.ir.graph import Initializer, ParameterSpec
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Positive
from graphnet.ops.families.pointwise import Pointwise, kernel


@operator("prelu", primary="num_parameters", category="activation")
class PReLU(Pointwise):
    """y = x where x > 0, else weight * x, with one weight for all elements or one for each channel.

    Gradient: gx = gy where x > 0, else weight * gy; gweight = sum of x * gy where x <= 0, over all elements that
    share the weight.

    Example:
        `- prelu`, or a slope for each of 8 channels that starts at 0: `- {prelu: 8, init: {weight: zeros}}`

    Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers: surpassing human-level performance on ImageNet
    classification", 2015.

    Attributes:
        num_parameters: 1, or the number of channels.

    Parameters: `weight` (num_parameters), 0.25 each; PyTorch's `init` is the modifier `init` here.
    """

    num_parameters: Positive = 1

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        found = super().infer(*operands)
        channels = operands[0].sample_shape[:1]
        if self.num_parameters != 1 and channels != (self.num_parameters,):
            raise AttributeProblem(
                "needs one slope, or one a channel", attribute="num_parameters", code="value",
                expected=f"num_parameters: {' or '.join(map(str, dict.fromkeys((1, *channels))))}",
                found=f"num_parameters: {self.num_parameters} for {operands[0]}",
            )  # fmt: skip
        return found

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return {"weight": ParameterSpec((self.num_parameters,), Initializer("constant", {"value": 0.25}))}

    @kernel
    def forward(x: Expression, weight: Expression) -> Expression:
        return where(x > 0, x, weight * x)

    @kernel
    def backward(gy: Expression, x: Expression, weight: Expression) -> tuple[Expression, Expression]:
        return where(x > 0, gy, weight * gy), where(x > 0, 0, gy * x)
