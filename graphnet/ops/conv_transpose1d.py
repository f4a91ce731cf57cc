"""conv_transpose1d: a convolution of sequences the other way round."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeSingle, Positive, PositiveSingle
from graphnet.ops.families.convolution import TransposedConvolution


@operator("conv_transpose1d", primary="out_channels", category="contraction")
class ConvTranspose1d(TransposedConvolution):
    """y[n, o, a] = b[o] + sum over c and j of x[n, c, (a + padding - j * dilation) / stride] * W[c, o, j].

    Only taps that meet x at whole positions count. So each element of x spreads its filter over y, `stride` apart: the
    length grows to (length - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1.

    Gradient: gx is the convolution of gy with W, and gW the weight gradient of that convolution.

    Example:
        `- conv_transpose1d: {out_channels: 64, kernel_size: 2, stride: 2}`

    Source: Zeiler, Krishnan, Taylor, Fergus, "Deconvolutional networks", 2010.

    Attributes:
        out_channels: number of channels of y.
        kernel_size: length of a filter.
        stride: distance in y of neighbours in x.
        padding: positions to leave out on each side of y.
        output_padding: positions to add at the end of y, fewer than stride or dilation; of the lengths of y that a
            convolution maps to the length of x, the smallest has none.
        groups: number of groups of channels.
        bias: whether b is added.
        dilation: step between the taps of a filter.

    Parameters: `weight` (in, out / groups, length), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositiveSingle
    stride: PositiveSingle = (1,)
    padding: NonNegativeSingle = (0,)
    output_padding: NonNegativeSingle = (0,)
    groups: Positive = 1
    bias: Flag = True
    dilation: PositiveSingle = (1,)
