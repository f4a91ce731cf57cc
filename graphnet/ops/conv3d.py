"""conv3d: cross-correlation of volumes or films with learned filters."""

from __future__ import annotations

from typing import Literal

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeTriple, Positive, PositiveTriple
from graphnet.ops.families.convolution import Convolution
from graphnet.ops.families.padding import BorderMode


@operator("conv3d", primary="out_channels", category="contraction")
class Conv3d(Convolution):
    """y[n, o, d, ...] = b[o] + sum over c, k, ... of x[n, c, d * stride + k * dilation - padding, ...] W[o, c, k, ...].

    With `groups`, input and output channels are cut into as many groups, and each output sees its own group only.

    Gradient: three contractions with the same loops; gx gathers the windows that saw each input element.

    Example:
        `- conv3d: {out_channels: 64, kernel_size: 3, padding: 1}`

    Source: Ji, Xu, Yang, Yu, "3D convolutional neural networks for human action recognition", 2010.

    Attributes:
        out_channels: number of filters.
        kernel_size: depth, height and width of a filter.
        stride: step between windows.
        padding: positions added on each side, or "same" (stride 1): as many as keep the size.
        dilation: step between the taps of a filter.
        groups: number of groups of channels.
        bias: whether b is added.
        padding_mode: what is added: `zeros`; or what the map has at the mirrored position (`reflect`), at the nearest
            (`replicate`), or at the other side (`circular`).

    Parameters: `weight` (out, in / groups, depth, height, width), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositiveTriple
    stride: PositiveTriple = (1, 1, 1)
    padding: NonNegativeTriple | Literal["same"] = (0, 0, 0)
    dilation: PositiveTriple = (1, 1, 1)
    groups: Positive = 1
    bias: Flag = True
    padding_mode: Literal["zeros"] | BorderMode = "zeros"
