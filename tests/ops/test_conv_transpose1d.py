import itertools

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ops.conv_transpose1d import ConvTranspose1d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=1, padding=0, extra=0, dilation=1, groups=1):
    """Each element of x adds its filter to y, which is then cropped."""

    def compute(x, weight, bias=None):
        samples, channels, length = x.shape
        per_group, taps = weight.shape[1:]
        whole = (length - 1) * stride + dilation * (taps - 1) + 1 + extra
        y = np.zeros((samples, per_group * groups, whole))
        for n, c, at, j in itertools.product(range(samples), range(channels), range(length), range(taps)):
            first = c // (channels // groups) * per_group
            y[n, first : first + per_group, at * stride + j * dilation] += x[n, c, at] * weight[c, :, j]
        y = y[:, :, padding : whole - padding]
        return y if bias is None else y + bias[:, None]

    return compute


X = distinct((3, 4, 7))
SAMPLES = [
    Sample(ConvTranspose1d(3, 4, stride=2, padding=1), (X,), reference(2, 1), title="stride 2"),
    Sample(
        ConvTranspose1d(2, 3, stride=3, output_padding=2, groups=2, dilation=2, bias=False), (X,),
        reference(3, 0, 2, 2, 2), title="all attributes",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = ConvTranspose1d(10, 3, groups=5).parameters(TensorType.batched(15, 7))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (15, 2, 3), "bias": (10,)}
