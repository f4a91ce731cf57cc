import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.definitions import INITIALISERS
from graphnet.ops.conv_transpose2d import ConvTranspose2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=(1, 1), padding=(0, 0), extra=(0, 0), dilation=(1, 1), groups=1):
    """Each element of x adds its filter to y, which is then cropped."""

    def compute(x, weight, bias=None):
        samples, channels, *size = x.shape
        per_group, taps = weight.shape[1], weight.shape[2:]
        axes = zip(size, stride, dilation, taps, extra, strict=True)
        whole = [(extent - 1) * s + d * (k - 1) + 1 + more for extent, s, d, k, more in axes]
        y = np.zeros((samples, per_group * groups, *whole))
        for n, c, h, w in itertools.product(*map(range, x.shape)):
            first = c // (channels // groups) * per_group
            top, left = h * stride[0], w * stride[1]
            bottom, right = (at + d * (k - 1) + 1 for at, d, k in zip((top, left), dilation, taps, strict=True))
            patch = y[n, first : first + per_group, top : bottom : dilation[0], left : right : dilation[1]]
            patch += x[n, c, h, w] * weight[c]
        y = y[:, :, padding[0] : whole[0] - padding[0], padding[1] : whole[1] - padding[1]]
        return y if bias is None else y + bias[:, None, None]

    return compute


X = distinct((3, 5, 4, 3))
SAMPLES = [
    Sample(ConvTranspose2d(2, 3), (X,), reference(), title="stride 1"),
    Sample(ConvTranspose2d(2, 2, stride=2), (X,), reference((2, 2)), title="2x2 stride 2"),
    Sample(
        ConvTranspose2d(2, 4, stride=2, padding=1, bias=False), (X,), reference((2, 2), (1, 1)), title="4x4 stride 2",
    ),
    Sample(
        ConvTranspose2d(2, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)), (X,),
        reference((2, 3), (1, 0), (1, 2)), title="all attributes",
    ),
    Sample(
        ConvTranspose2d(4, (2, 3), stride=2, padding=1, output_padding=(2, 0), groups=2, dilation=(3, 1)),
        (distinct((2, 6, 3, 4)),), reference((2, 2), (1, 1), (2, 0), (3, 1), 2), title="dilated groups",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = ConvTranspose2d(10, (3, 2), groups=5).parameters(TensorType.batched(15, 7, 11))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (15, 2, 3, 2), "bias": (10,)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (12, 90)


def test_each_element_of_its_operand_meets_each_tap_once() -> None:
    """U-Net's first upsampling: 28 x 28 x 1024 to 56 x 56 x 512 with filters of 2 x 2."""
    x = TensorType.batched(1024, 28, 28)
    assert ConvTranspose2d(512, 2, stride=2).infer(x) == (TensorType.batched(512, 56, 56),)
    assert ConvTranspose2d(512, 2, stride=2).macs(x) == 28 * 28 * 1024 * 512 * 4
    assert ConvTranspose2d(21, 64, stride=32).macs(TensorType.batched(21, 16, 16)) == 16 * 16 * 21 * 21 * 64 * 64


def test_bilinear_filters_interpolate() -> None:
    """Away from the border, a ramp stays a ramp, with half the slope."""
    filters = INITIALISERS["bilinear"]().sample(np.random.default_rng(0), (2, 2, 4, 4), 0, 0)
    ramp = np.broadcast_to(np.arange(7.0), (1, 2, 7, 7))
    doubled = reference((2, 2), (1, 1))(ramp, filters)
    np.testing.assert_allclose(doubled[0, :, 1:-1, 1:-1], np.broadcast_to(np.arange(0.25, 6, 0.5), (2, 12, 12)))


def test_output_padding_is_less_than_stride_or_dilation() -> None:
    assert ConvTranspose2d(1, 3, dilation=3, output_padding=2).infer(TensorType.batched(1, 2, 2))
    with pytest.raises(AttributeProblem) as problem:
        ConvTranspose2d(1, 3, stride=(3, 2), output_padding=2).infer(TensorType.batched(1, 2, 2))
    assert problem.value.attribute == "output_padding"
    assert problem.value.expected == "output_padding less than stride 2 or dilation 1"


def test_padding_that_leaves_nothing() -> None:
    with pytest.raises(AttributeProblem, match="its padding leaves nothing"):
        ConvTranspose2d(1, 3, padding=2).infer(TensorType.batched(1, 5, 2))


def test_groups_must_divide_the_channels() -> None:
    with pytest.raises(AttributeProblem, match="cannot cut 5 input channels into 2 groups"):
        ConvTranspose2d(4, 3, groups=2).infer(TensorType.batched(5, 7, 11))


def test_maps_have_four_axes() -> None:
    with pytest.raises(AttributeProblem) as problem:
        ConvTranspose2d(4, 3).infer(TensorType.batched(5, 7))
    assert problem.value.expected == "a value of rank 4 (N, C, H, W)"
