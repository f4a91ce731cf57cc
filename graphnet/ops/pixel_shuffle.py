"""pixel_shuffle: channels become pixels."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, require_rank
from graphnet.ops.families.pixels import shuffled, unshuffled


@operator("pixel_shuffle", primary="upscale_factor", category="movement")
class PixelShuffle(Operator):
    """y[n, c, h * r + i, w * r + j] = x[n, c * r^2 + i * r + j, h, w], with r = upscale_factor.

    Gradient: gy, shuffled back.

    Example:
        `- pixel_shuffle: 2`

    Source: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", 2016.

    Attributes:
        upscale_factor: how many times higher and wider y is; x has as many channels for each of y, squared.
    """

    upscale_factor: Positive

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        require_rank(x, 4, "N, C, H, W")
        channels, height, width = x.sample_shape
        if channels % self.upscale_factor**2:
            raise AttributeProblem(
                f"cannot make blocks of {self.upscale_factor}x{self.upscale_factor} pixels of {channels} channels",
                attribute="upscale_factor", code="value", expected=f"channels in multiples of {self.upscale_factor**2}",
                found=str(x),
            )  # fmt: skip
        r = self.upscale_factor
        return (TensorType.batched(channels // r**2, height * r, width * r),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return shuffled(b, "pixel_shuffle", inputs[0], self.upscale_factor)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (unshuffled(b, "pixel_shuffle_gradient", gradient, self.upscale_factor),)
