"""conv_transpose3d: a convolution of volumes the other way round."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeTriple, Positive, PositiveTriple
from graphnet.ops.families.convolution import TransposedConvolution


@operator("conv_transpose3d", primary="out_channels", category="contraction")
class ConvTranspose3d(TransposedConvolution):
    """y[n, o, a, ...] = b[o] + sum over c, k, ... of x[n, c, (a + padding - k * dilation) / stride, ...] W[c, o, k...].

    Only taps that meet x at whole positions count. So each element of x spreads its filter over y, `stride` apart: the
    size grows to (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1.

    Gradient: gx is the convolution of gy with W, and gW the weight gradient of that convolution.

    Example:
        `- conv_transpose3d: {out_channels: 64, kernel_size: 2, stride: 2}`

    Source: Zeiler, Krishnan, Taylor, Fergus, "Deconvolutional networks", 2010.

    Attributes:
        out_channels: number of channels of y.
        kernel_size: depth, height and width of a filter.
        stride: distance in y of neighbours in x.
        padding: positions to leave out on each side of y.
        output_padding: positions to add at the end of y, fewer than stride or dilation; of the sizes of y that a
            convolution maps to the size of x, the smallest has none.
        groups: number of groups of channels.
        bias: whether b is added.
        dilation: step between the taps of a filter.

    Parameters: `weight` (in, out / groups, depth, height, width), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositiveTriple
    stride: PositiveTriple = (1, 1, 1)
    padding: NonNegativeTriple = (0, 0, 0)
    output_padding: NonNegativeTriple = (0, 0, 0)
    groups: Positive = 1
    bias: Flag = True
    dilation: PositiveTriple = (1, 1, 1)
