"""group_norm: groups of channels with mean 0 and variance 1, sample by sample."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeReal, Positive, require_floats
from graphnet.ops.families.channel_groups import ChannelGroupNormalisation


@operator("group_norm", primary="num_groups", category="normalisation")
class GroupNorm(ChannelGroupNormalisation):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of a group of channels of a sample.

    Channels are cut into groups of neighbours; statistics run over the channels of a group and all their positions.
    Nothing depends on the batch, nor on whether the network trains.

    Gradient: with M elements a group, z = (x - mean) * inv_std, h = weight * gy, and sums over the group:
    gx = inv_std * (h - sum h / M - z * (sum h * z) / M); gbias = sum gy, gweight = sum gy * z, over a channel of all
    samples. Mean and inv_std are kept.

    Example:
        `- group_norm: 4` or `- group_norm: {num_groups: 1, affine: false}`

    Source: Wu, He, "Group normalization", 2018.

    Attributes:
        num_groups: number of groups, which divides the channels.
        eps: added to the variance.
        affine: whether there are weight and bias.

    Parameters: `weight` (C) ones, `bias` (C) zeros.
    """

    num_groups: Positive
    eps: NonNegativeReal = 1e-5
    affine: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        if x.rank < 2 or not x.is_batched:
            raise AttributeProblem(
                "cannot consume {operand}", expected="a value with channels, (N, C, ...)", found=str(x), code="rank"
            )
        require_floats(x)
        channels = x.sample_shape[0]
        if channels % self.num_groups:
            raise AttributeProblem(
                f"cannot cut {channels} channels into {self.num_groups} groups", attribute="num_groups", code="groups",
                expected=f"a number that divides {channels}", found=f"num_groups: {self.num_groups}",
            )  # fmt: skip
        return x, self.statistics(x), self.statistics(x)

    def group_size(self, operand: TensorType) -> int:
        return operand.sample_shape[0] // self.num_groups
