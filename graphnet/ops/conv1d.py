"""conv1d: cross-correlation of sequences with learned filters."""

from __future__ import annotations

from typing import Literal

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeSingle, Positive, PositiveSingle
from graphnet.ops.families.convolution import Convolution
from graphnet.ops.families.padding import BorderMode


@operator("conv1d", primary="out_channels", category="contraction")
class Conv1d(Convolution):
    """y[n, o, l] = b[o] + sum over c and j of x[n, c, l * stride + j * dilation - padding] * W[o, c, j].

    With `groups`, input and output channels are cut into as many groups, and each output sees its own group only.

    Gradient: three contractions with the same loops; gx gathers the windows that saw each input element.

    Example:
        `- conv1d: {out_channels: 64, kernel_size: 3, padding: 1}`

    Source: Waibel, Hanazawa, Hinton, Shikano, Lang, "Phoneme recognition using time-delay neural networks", 1989.

    Attributes:
        out_channels: number of filters.
        kernel_size: length of a filter.
        stride: step between windows.
        padding: positions added on each side, or "same" (stride 1): as many as keep the length.
        dilation: step between the taps of a filter.
        groups: number of groups of channels.
        bias: whether b is added.
        padding_mode: what is added: `zeros`; or what the map has at the mirrored position (`reflect`), at the nearest
            (`replicate`), or at the other side (`circular`).

    Parameters: `weight` (out, in / groups, length), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositiveSingle
    stride: PositiveSingle = (1,)
    padding: NonNegativeSingle | Literal["same"] = (0,)
    dilation: PositiveSingle = (1,)
    groups: Positive = 1
    bias: Flag = True
    padding_mode: Literal["zeros"] | BorderMode = "zeros"
