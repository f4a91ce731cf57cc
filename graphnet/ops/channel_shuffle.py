"""channel_shuffle: the channels of all groups, in turns."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, require_floats
from graphnet.ops.families.picks import Picks


@operator("channel_shuffle", primary="groups", category="movement")
class ChannelShuffle(Operator):
    """y[n, k * groups + g] = x[n, g * size + k], for groups of `size` channels: first the first of each, and so on.

    Gradient: the same with the number and the size of groups exchanged.

    Example:
        `- channel_shuffle: 4`

    Source: Zhang, Zhou, Lin, Sun, "ShuffleNet: an extremely efficient convolutional neural network for mobile devices",
    2018.

    Attributes:
        groups: number of groups of channels.
    """

    groups: Positive

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        require_floats(x)
        if not (x.is_batched and x.rank >= 2):
            raise AttributeProblem(
                "cannot consume {operand}", expected="a value (N, C, ...)", found=str(x), code="rank"
            )
        if x.sample_shape[0] % self.groups:
            raise AttributeProblem(
                f"cannot cut {x.sample_shape[0]} channels into {self.groups} groups", attribute="groups", code="groups",
                expected=f"groups that divide {x.sample_shape[0]}", found=f"groups: {self.groups}",
            )  # fmt: skip
        return (x,)

    def _picks(self, x: TensorType) -> Picks:
        size = x.sample_shape[0] // self.groups
        return Picks({1: [g * size + k for k in range(size) for g in range(self.groups)]})

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return self._picks(inputs[0].type).read(b, "channel_shuffle", inputs[0])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        return (self._picks(x).readers(b, "channel_shuffle_gradient", gradient, x),)
