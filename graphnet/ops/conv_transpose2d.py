"""conv_transpose2d: a convolution the other way round, from responses to maps."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, Positive, PositivePair
from graphnet.ops.families.convolution import TransposedConvolution


@operator("conv_transpose2d", primary="out_channels", category="contraction")
class ConvTranspose2d(TransposedConvolution):
    """y[n, o, a, d] = b[o] + sum over c, i, j of x[n, c, (a + padding - i * dilation) / stride, ...] * W[c, o, i, j].

    Only taps that meet x at whole positions count. So each element of x spreads its filter over y, `stride` apart: the
    size grows to (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1. With a kernel
    twice as large as the stride and the initialiser `bilinear`, the operator upsamples.

    Gradient: gx is the convolution of gy with W, and gW the weight gradient of that convolution.

    Example:
        `- conv_transpose2d: {out_channels: 64, kernel_size: 2, stride: 2}`

    Source: Zeiler, Krishnan, Taylor, Fergus, "Deconvolutional networks", 2010.

    Attributes:
        out_channels: number of channels of y.
        kernel_size: height and width of a filter.
        stride: distance in y of neighbours in x.
        padding: rows and columns to leave out on each side of y.
        output_padding: rows and columns to add at the end of y, fewer than stride or dilation; of the sizes of y that
            a convolution maps to the size of x, the smallest has none.
        groups: number of groups of channels.
        bias: whether b is added.
        dilation: step between the taps of a filter.

    Parameters: `weight` (in, out / groups, height, width), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositivePair
    stride: PositivePair = (1, 1)
    padding: NonNegativePair = (0, 0)
    output_padding: NonNegativePair = (0, 0)
    groups: Positive = 1
    bias: Flag = True
    dilation: PositivePair = (1, 1)
