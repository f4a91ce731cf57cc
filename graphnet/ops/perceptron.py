"""perceptron: Rosenblatt's learning rule, as a loss."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, maximum, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import require_rank
from graphnet.ops.families.losses import SCALAR, element_count, require_target


@operator("perceptron", arity=2, kind="loss", category="loss", expects_logits=True)
class Perceptron(Operator):
    """L = mean over samples of max(0, -s x), for a response x of shape (N, 1) and labels 0 and 1, s = 2 label - 1.

    Gradient: gx = (step(x) - label) / N, with step(x) = 1 where x > 0: gradient descent is the perceptron's rule. At
    x = 0, where the loss has a kink, this makes weights that start at zero learn.

    Example:
        `loss: [perceptron: label]` after `- linear: 1`

    Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
    brain", 1958.
    """

    def target(self, *operands: TensorType) -> TensorType:
        return TensorType.batched(dtype="int32")

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        x = operands[0]
        require_rank(x, 2, "N, 1")
        if x.size != 1:
            raise AttributeProblem(
                "cannot compare {operand}", expected="a single response unit: (N, 1)", found=str(x), code="shape",
                hint="end with `- linear: 1`, or use `hinge` for several classes",
            )  # fmt: skip
        require_target(operands, self.target(x))
        return (SCALAR,)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        def element(x: Expression, label: Expression) -> Expression:
            return maximum(0, where(label > 0, -x, x))

        total = b.reduce("perceptron", "sum", element, *inputs, axes=(0, 1), operand_axes=(None, (0,)))
        return b.pointwise("mean", lambda s: s / element_count(inputs[0].type), total)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, label = inputs
        share = b.pointwise("share", lambda g: g / element_count(x.type), gradient)

        def rule(g: Expression, x: Expression, label: Expression) -> Expression:
            return g * (where(x > 0, 1, 0) - where(label > 0, 1, 0))

        return b.pointwise("perceptron_gradient", rule, share, x, label, axes=(None, None, (0,))), None
