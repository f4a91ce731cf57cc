"""instance_norm: each channel of each sample with mean 0 and variance 1."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeReal, require_floats
from graphnet.ops.families.channel_groups import ChannelGroupNormalisation


@operator("instance_norm", category="normalisation")
class InstanceNorm(ChannelGroupNormalisation):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of a channel of a sample.

    Nothing depends on the batch, nor on whether the network trains: there are no running statistics.

    Gradient: with M positions, z = (x - mean) * inv_std, and sums over the positions of a channel of a sample:
    gx = weight * inv_std * (gy - sum gy / M - z * (sum gy * z) / M); gbias = sum gy, gweight = sum gy * z, over all
    samples. Mean and inv_std are kept.

    Example:
        `- instance_norm` or `- instance_norm: {affine: true}`

    Source: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.

    Attributes:
        eps: added to the variance.
        affine: whether there are weight and bias.

    Parameters: with `affine`, `weight` (C) ones and `bias` (C) zeros.
    """

    eps: NonNegativeReal = 1e-5
    affine: Flag = False

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        if not (x.is_batched and 3 <= x.rank <= 5):
            raise AttributeProblem(
                "cannot consume {operand}", code="rank", found=str(x),
                expected="a value with channels and positions: (N, C, L), (N, C, H, W) or (N, C, D, H, W)",
            )  # fmt: skip
        require_floats(x)
        return x, self.statistics(x), self.statistics(x)

    def group_size(self, operand: TensorType) -> int:
        return 1
