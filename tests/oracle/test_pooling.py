"""Pooling of sequences, adaptive and global pooling over grids of attributes."""

import itertools

import pytest

from graphnet.ops.adaptive_avg_pool2d import AdaptiveAvgPool2d
from graphnet.ops.adaptive_max_pool2d import AdaptiveMaxPool2d
from graphnet.ops.avg_pool1d import AvgPool1d
from graphnet.ops.global_avg_pool2d import GlobalAvgPool2d
from graphnet.ops.global_max_pool2d import GlobalMaxPool2d
from graphnet.ops.max_pool1d import MaxPool1d
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X, SEQUENCE = distinct((2, 3, 7, 11)), distinct((2, 3, 11))
POOLS = [
    (kernel, stride, padding, ceil_mode)
    for kernel, stride, padding, ceil_mode in itertools.product(
        [1, 2, 3, 4, 11], [None, 1, 2, 5], [0, 1, 2], [False, True]
    )
    if 2 * padding <= kernel
]


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil_mode"), POOLS)
def test_max_pool1d(torch, agree, kernel, stride, padding, ceil_mode, dilation) -> None:
    if dilation * (kernel - 1) >= 11:
        dilation = 1
    agree(
        MaxPool1d(kernel, stride, padding, dilation, ceil_mode),
        lambda x0: torch.nn.functional.max_pool1d(x0, kernel, stride, padding, dilation, ceil_mode), SEQUENCE,
    )  # fmt: skip


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil_mode"), POOLS)
def test_avg_pool1d(torch, agree, kernel, stride, padding, ceil_mode, count_include_pad) -> None:
    agree(
        AvgPool1d(kernel, stride, padding, ceil_mode, count_include_pad),
        lambda x0: torch.nn.functional.avg_pool1d(x0, kernel, stride, padding, ceil_mode, count_include_pad), SEQUENCE,
    )  # fmt: skip


@pytest.mark.parametrize("height", [1, 2, 3, 4, 7, 9, 14, None])
@pytest.mark.parametrize("width", [1, 4, 11, 13, 23])
def test_adaptive_pooling(torch, agree, height, width) -> None:
    """Any ratio: divisors, remainders, as many windows as elements, and more."""
    size, functional = (height, width), torch.nn.functional
    agree(AdaptiveAvgPool2d(size), lambda x0: functional.adaptive_avg_pool2d(x0, size), X)
    agree(AdaptiveMaxPool2d(size), lambda x0: functional.adaptive_max_pool2d(x0, size), X)


@pytest.mark.parametrize("keepdim", [True, False])
def test_global_pooling(torch, agree, keepdim) -> None:
    agree(GlobalAvgPool2d(keepdim), lambda x0: x0.mean((2, 3), keepdim), X)
    agree(
        GlobalMaxPool2d(keepdim),
        lambda x0: torch.nn.functional.adaptive_max_pool2d(x0, 1).reshape(2, 3, *[1, 1] * keepdim), X,
    )  # fmt: skip
