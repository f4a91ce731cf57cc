"""pixel_unshuffle: pixels become channels."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, require_rank
from graphnet.ops.families.pixels import shuffled, unshuffled


@operator("pixel_unshuffle", primary="downscale_factor", category="movement")
class PixelUnshuffle(Operator):
    """y[n, c * r^2 + i * r + j, h, w] = x[n, c, h * r + i, w * r + j], with r = downscale_factor; undoes pixel_shuffle.

    Gradient: gy, shuffled back.

    Example:
        `- pixel_unshuffle: 2`

    Source: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", 2016.

    Attributes:
        downscale_factor: how many times lower and narrower y is; it has as many channels for each of x, squared.
    """

    downscale_factor: Positive

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        require_rank(x, 4, "N, C, H, W")
        channels, height, width = x.sample_shape
        r = self.downscale_factor
        if height % r or width % r:
            raise AttributeProblem(
                f"cannot cut {{operand}} into blocks of {r}x{r} pixels", attribute="downscale_factor", code="value",
                expected=f"height and width in multiples of {r}", found=str(x), hint="`pad` or `slice` before it",
            )  # fmt: skip
        return (TensorType.batched(channels * r**2, height // r, width // r),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return unshuffled(b, "pixel_unshuffle", inputs[0], self.downscale_factor)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (shuffled(b, "pixel_unshuffle_gradient", gradient, self.downscale_factor),)
