"""Convolution and pooling over grids of attributes."""

import itertools

import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.avg_pool2d import AvgPool2d
from graphnet.ops.conv2d import Conv2d
from graphnet.ops.global_avg_pool2d import GlobalAvgPool2d
from graphnet.ops.max_pool2d import MaxPool2d
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X = distinct((2, 6, 7, 11))
POOLS = [
    (kernel, stride, padding, ceil_mode)
    for kernel, stride, padding, ceil_mode in itertools.product(
        [1, 2, 3, (3, 2), (4, 5)], [None, 1, 2, 3, (2, 5)], [0, 1, 2, (1, 0)], [False, True]
    )
    if all(2 * p <= k for p, k in zip(*(v if isinstance(v, tuple) else (v, v) for v in (padding, kernel)), strict=True))
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil_mode"), POOLS)
def test_max_pool2d(torch, agree, kernel, stride, padding, ceil_mode) -> None:
    agree(
        MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode),
        lambda x0: torch.nn.functional.max_pool2d(x0, kernel, stride, padding, ceil_mode=ceil_mode), X,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "stride", "ceil_mode"), [*itertools.product([2, 3, (3, 2)], [None, 1, 2], [False, True])]
)
def test_max_pool2d_dilated(torch, agree, kernel, stride, ceil_mode) -> None:
    agree(
        MaxPool2d(kernel, stride, 1, dilation=(2, 3), ceil_mode=ceil_mode),
        lambda x0: torch.nn.functional.max_pool2d(x0, kernel, stride, 1, (2, 3), ceil_mode), X,
    )  # fmt: skip


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil_mode"), POOLS)
def test_avg_pool2d(torch, agree, kernel, stride, padding, ceil_mode, count_include_pad) -> None:
    agree(
        AvgPool2d(kernel, stride, padding, ceil_mode, count_include_pad),
        lambda x0: torch.nn.functional.avg_pool2d(x0, kernel, stride, padding, ceil_mode, count_include_pad), X,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("extent", "kernel", "stride", "padding"), [*itertools.product((1, 2, 3), (2, 3, 5), (1, 2, 4), (0, 1))]
)
def test_small_maps_in_ceil_mode(torch, agree, extent, kernel, stride, padding) -> None:
    """A window may stick out so far that no whole one fits; both must agree where that ends."""
    x = distinct((1, 1, extent, 5))
    try:
        torch.nn.functional.max_pool2d(torch.tensor(x), kernel, stride, padding, ceil_mode=True)
    except RuntimeError:
        with pytest.raises(AttributeProblem):
            MaxPool2d(kernel, stride, padding, ceil_mode=True).infer(TensorType.batched(1, extent, 5))
        return
    agree(
        MaxPool2d(kernel, stride, padding, ceil_mode=True),
        lambda x0: torch.nn.functional.max_pool2d(x0, kernel, stride, padding, ceil_mode=True), x,
    )  # fmt: skip


def test_global_avg_pool2d(torch, agree) -> None:
    agree(GlobalAvgPool2d(keepdim=True), lambda x0: torch.nn.functional.adaptive_avg_pool2d(x0, 1), X)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups"),
    [*itertools.product([1, 3, (2, 3)], [1, 2, (3, 1)], [0, 1, (2, 1)], [1, (2, 3)], [1, 2, 6])],
)
def test_conv2d(torch, agree, kernel, stride, padding, dilation, groups) -> None:
    agree(
        Conv2d(12, kernel, stride, padding, dilation, groups),
        lambda x0, weight, bias: torch.nn.functional.conv2d(x0, weight, bias, stride, padding, dilation, groups), X,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize(("kernel", "dilation"), [*itertools.product([1, 2, 3, (4, 5)], [1, 2])])
def test_conv2d_same(torch, agree, kernel, dilation) -> None:
    agree(
        Conv2d(2, kernel, padding="same", dilation=dilation, bias=False),
        lambda x0, weight: torch.nn.functional.conv2d(x0, weight, padding="same", dilation=dilation), X,
    )  # fmt: skip
