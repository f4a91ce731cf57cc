import itertools

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ops.conv_transpose3d import ConvTranspose3d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride, padding=(0, 0, 0), extra=(0, 0, 0), dilation=(1, 1, 1), groups=1):
    """Each element of x adds its filter to y, which is then cropped."""

    def compute(x, weight, bias=None):
        samples, channels, *size = x.shape
        per_group, *taps = weight.shape[1:]
        axes = zip(size, stride, dilation, taps, extra, strict=True)
        whole = [(extent - 1) * s + d * (k - 1) + 1 + more for extent, s, d, k, more in axes]
        y = np.zeros((samples, per_group * groups, *whole))
        for n, c, *at in itertools.product(*map(range, x.shape)):
            first = c // (channels // groups) * per_group
            axes = zip(at, stride, dilation, taps, strict=True)
            spread = tuple(slice(p * s, p * s + d * (k - 1) + 1, d) for p, s, d, k in axes)
            y[(n, slice(first, first + per_group), *spread)] += x[(n, c, *at)] * weight[c]
        y = y[(..., *(slice(p, extent - p) for p, extent in zip(padding, whole, strict=True)))]
        return y if bias is None else y + bias[:, None, None, None]

    return compute


X = distinct((2, 4, 2, 3, 2))
SAMPLES = [
    Sample(ConvTranspose3d(3, 2, stride=2), (X,), reference((2, 2, 2)), title="2x2x2 stride 2"),
    Sample(
        ConvTranspose3d(
            2, (2, 3, 1), stride=(1, 2, 3), padding=(0, 1, 0), output_padding=(0, 0, 2), groups=2, dilation=(2, 1, 1),
            bias=False,
        ), (X,), reference((1, 2, 3), (0, 1, 0), (0, 0, 2), (2, 1, 1), 2), title="all attributes",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = ConvTranspose3d(10, 2, groups=5).parameters(TensorType.batched(15, 7, 7, 7))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (15, 2, 2, 2, 2), "bias": (10,)}
