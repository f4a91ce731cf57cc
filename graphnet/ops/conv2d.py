"""conv2d: cross-correlation of images with learned filters."""

from __future__ import annotations

from typing import Literal

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, Positive, PositivePair
from graphnet.ops.families.convolution import Convolution
from graphnet.ops.families.padding import BorderMode


@operator("conv2d", primary="out_channels", category="contraction")
class Conv2d(Convolution):
    """y[n, o, h, w] = b[o] + sum over c, i, j of x[n, c, h * stride + i * dilation - padding, ...] * W[o, c, i, j].

    With `groups`, input and output channels are cut into as many groups, and each output sees its own group only.

    Gradient: three contractions with the same loops; gx gathers the windows that saw each input element.

    Example:
        `- conv2d: {out_channels: 64, kernel_size: 3, padding: 1}`

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989.

    Attributes:
        out_channels: number of filters.
        kernel_size: height and width of a filter.
        stride: step between windows.
        padding: positions added on each side, or "same" (stride 1): as many as keep the size.
        dilation: step between the taps of a filter.
        groups: number of groups of channels.
        bias: whether b is added.
        padding_mode: what is added: `zeros`; or what the map has at the mirrored position (`reflect`), at the nearest
            (`replicate`), or at the other side (`circular`).

    Parameters: `weight` (out, in / groups, height, width), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositivePair
    stride: PositivePair = (1, 1)
    padding: NonNegativePair | Literal["same"] = (0, 0)
    dilation: PositivePair = (1, 1)
    groups: Positive = 1
    bias: Flag = True
    padding_mode: Literal["zeros"] | BorderMode = "zeros"
