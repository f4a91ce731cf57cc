"""global_avg_pool2d: the mean of each channel of feature maps."""

from __future__ import annotations

from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, require_rank


@operator("global_avg_pool2d", category="pooling")
class GlobalAvgPool2d(Operator):
    """y[n, c] = mean over h, w of x[n, c, h, w].

    Gradient: gx[n, c, h, w] = gy[n, c] / (H * W).

    Example:
        `- global_avg_pool2d`, or `- global_avg_pool2d: {keepdim: true}` to get (N, C, 1, 1)

    Source: Lin, Chen, Yan, "Network in network", 2013.

    Attributes:
        keepdim: whether height and width stay, as axes of length 1.
    """

    keepdim: Flag = False

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        channels = operands[0].sample_shape[0]
        return (TensorType.batched(channels, 1, 1) if self.keepdim else TensorType.batched(channels),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        total = b.reduce("global_avg_pool2d", "sum", lambda v: v, x, axes=(2, 3))
        mean = b.pointwise("mean", lambda v: v * (1 / product(x.type.sample_shape[1:])), total)
        return b.reshape(mean, self.infer(x.type)[0].shape, "keepdim") if self.keepdim else mean

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        share = 1 / product(x.type.sample_shape[1:])
        return (b.pointwise("global_avg_pool2d_gradient", lambda g: g * share, gradient, shape=x.type.shape),)
