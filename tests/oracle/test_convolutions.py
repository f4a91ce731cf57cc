"""Convolutions of every kind over grids of attributes."""

import itertools

import pytest

from graphnet.ops.conv_transpose2d import ConvTranspose2d
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X = distinct((2, 6, 4, 5))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra", "dilation", "groups"),
    [
        (kernel, stride, padding, extra, dilation, groups)
        for kernel, stride, padding, extra, dilation, groups in itertools.product(
            [1, 4, (2, 3)], [1, 2, (3, 1)], [0, (2, 1)], [0, (1, 0)], [1, (2, 3)], [1, 2, 6]
        )
        if extra == 0 or stride != 1 or dilation != 1
        if kernel != 1 or padding == 0
    ],
)
def test_conv_transpose2d(torch, agree, kernel, stride, padding, extra, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv_transpose2d(x0, weight, bias, stride, padding, extra, groups, dilation)

    agree(ConvTranspose2d(6, kernel, stride, padding, extra, groups, dilation=dilation), theirs, X)
