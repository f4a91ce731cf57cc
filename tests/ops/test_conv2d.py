import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.conv2d import Conv2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1, mode="constant"):
    def compute(x, weight, bias=None):
        x = np.pad(x, ((0, 0), (0, 0), *padding), mode=mode)
        units, per_group, rows, columns = weight.shape
        span = [d * (k - 1) + 1 for d, k in zip(dilation, (rows, columns), strict=True)]
        height, width = ((e - s) // step + 1 for e, s, step in zip(x.shape[2:], span, stride, strict=True))
        y = np.zeros((len(x), units, height, width))
        for n, o, h, w in itertools.product(*map(range, y.shape)):
            group = o // (units // groups)
            top, left = h * stride[0], w * stride[1]
            patch = x[n, group * per_group : (group + 1) * per_group]
            patch = patch[:, top : top + span[0] : dilation[0], left : left + span[1] : dilation[1]]
            y[n, o, h, w] = (patch * weight[o]).sum() + (0 if bias is None else bias[o])
        return y

    return compute


X = distinct((3, 5, 7, 11))
PAD1 = ((1, 1), (1, 1))
SAMPLES = [
    Sample(Conv2d(2, 3), (X,), reference(), title="3x3"),
    Sample(Conv2d(2, 3, padding=1), (X,), reference(padding=PAD1), title="padding"),
    Sample(Conv2d(2, 1, bias=False), (X,), reference(), title="1x1"),
    Sample(Conv2d(2, 3, stride=2, padding=1), (X,), reference((2, 2), PAD1), title="stride 2"),
    Sample(Conv2d(2, (3, 2), stride=(2, 3)), (X,), reference((2, 3)), title="stride leaves columns"),
    Sample(Conv2d(2, 1, stride=2), (X,), reference((2, 2)), title="stride wider than kernel"),
    Sample(
        Conv2d(2, (2, 3), padding=(2, 1), dilation=(3, 2)), (X,),
        reference(padding=((2, 2), (1, 1)), dilation=(3, 2)), title="dilation",
    ),
    Sample(Conv2d(2, (4, 3), padding="same"), (X,), reference(padding=((1, 2), (1, 1))), title="same"),
    Sample(
        Conv2d(2, 3, padding=(0, 2), padding_mode="reflect"), (X,),
        reference(padding=((0, 0), (2, 2)), mode="reflect"), title="mirrored",
    ),
    Sample(Conv2d(5, 3, padding=1, groups=5), (X,), reference(padding=PAD1, groups=5), title="depthwise"),
    Sample(
        Conv2d(9, 3, stride=2, groups=3, bias=False), (distinct((2, 6, 7, 11)),),
        reference((2, 2), groups=3), title="groups",
    ),
    Sample(
        Conv2d(5, 3, stride=2, padding=2, dilation=2, groups=5, bias=False), (X,),
        reference((2, 2), ((2, 2), (2, 2)), (2, 2), 5), title="depthwise with stride and dilation",
    ),
    Sample(
        Conv2d(12, 3, stride=2, padding=1, groups=3, bias=False), (distinct((2, 12, 5, 7)),),
        reference((2, 2), PAD1, groups=3), title="groups of 4",
    ),
    Sample(
        Conv2d(32, 2, groups=2, bias=False), (distinct((2, 32, 3, 5)),), reference(groups=2), title="groups of 16",
    ),
    Sample(
        Conv2d(40, (1, 2), dilation=(1, 2), groups=2, bias=False), (distinct((2, 40, 2, 5)),),
        reference(dilation=(1, 2), groups=2), title="groups of 20",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = Conv2d(10, (3, 2), groups=5).parameters(TensorType.batched(15, 7, 11))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (10, 3, 3, 2), "bias": (10,)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (18, 60)


def test_multiply_adds_of_the_inception_example() -> None:
    """28x28x192 by 32 filters of 5x5, as in the GoogLeNet paper's motivation."""
    assert Conv2d(32, 5, padding=2, bias=False).macs(TensorType.batched(192, 28, 28)) == 120_422_400


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Conv2d(2, 5, dilation=2, padding=(0, 1)).infer(TensorType.batched(3, 8, 5))
    assert problem.value.message == "its window of 9 does not fit the height of {operand}"
    assert problem.value.found == "height 8"


def test_groups_must_divide_the_channels() -> None:
    with pytest.raises(AttributeProblem, match="cannot cut 5 input channels into 2 groups"):
        Conv2d(4, 3, groups=2).infer(TensorType.batched(5, 7, 11))
    with pytest.raises(AttributeProblem, match="cannot cut 5 out_channels into 2 groups"):
        Conv2d(5, 3, groups=2).infer(TensorType.batched(4, 7, 11))


def test_same_needs_stride_1() -> None:
    with pytest.raises(AttributeProblem, match='padding "same" needs stride 1'):
        Conv2d(4, 3, padding="same", stride=2).infer(TensorType.batched(4, 7, 11))


def test_a_stride_that_leaves_pixels_unread_is_suspicious() -> None:
    assert Conv2d(1, 3, stride=3).warnings(TensorType.batched(1, 7, 9)) == (
        "stride 3 leaves 1 of height 7 unread (kernel 3)",
    )
    assert Conv2d(1, 3, stride=2, padding=1).warnings(TensorType.batched(1, 8, 8)) == ()
