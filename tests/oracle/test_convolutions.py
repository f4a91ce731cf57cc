"""Convolutions of every kind over grids of attributes."""

import itertools

import pytest

from graphnet.ops.conv1d import Conv1d
from graphnet.ops.conv2d import Conv2d
from graphnet.ops.conv3d import Conv3d
from graphnet.ops.conv_transpose1d import ConvTranspose1d
from graphnet.ops.conv_transpose2d import ConvTranspose2d
from graphnet.ops.conv_transpose3d import ConvTranspose3d
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X = distinct((2, 6, 4, 5))
SEQUENCE, VOLUME = distinct((2, 6, 9)), distinct((2, 4, 3, 4, 5))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra", "dilation", "groups"),
    [
        (kernel, stride, padding, extra, dilation, groups)
        for kernel, stride, padding, extra, dilation, groups in itertools.product(
            [4, (2, 3)], [1, 2, (3, 1)], [0, (2, 1)], [0, (1, 0)], [1, (2, 3)], [1, 3]
        )
        if extra == 0 or stride != 1 or dilation != 1
    ],
)
def test_conv_transpose2d(torch, agree, kernel, stride, padding, extra, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv_transpose2d(x0, weight, bias, stride, padding, extra, groups, dilation)

    agree(ConvTranspose2d(6, kernel, stride, padding, extra, groups, dilation=dilation), theirs, X)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups"),
    [*itertools.product([1, 4], [1, 3], [0, 2], [1, 2], [1, 3])],
)
def test_conv1d(torch, agree, kernel, stride, padding, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv1d(x0, weight, bias, stride, padding, dilation, groups)

    agree(Conv1d(12, kernel, stride, padding, dilation, groups), theirs, SEQUENCE)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups"),
    [*itertools.product([1, (2, 1, 3)], [1, (1, 3, 2)], [0, (1, 0, 2)], [1, (1, 2, 1)], [1, 2])],
)
def test_conv3d(torch, agree, kernel, stride, padding, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv3d(x0, weight, bias, stride, padding, dilation, groups)

    agree(Conv3d(4, kernel, stride, padding, dilation, groups), theirs, VOLUME)


@pytest.mark.parametrize(("stride", "padding"), [(1, "same"), (1, 0), (2, 1), (1, 2)])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(("definition", "x"), [(Conv1d, SEQUENCE), (Conv2d, X), (Conv3d, VOLUME)])
def test_padding_modes(torch, agree, definition, x, mode, padding, stride) -> None:
    kernel = (2, 3, 2)[: x.ndim - 2]
    layer = getattr(torch.nn, definition.__name__)(x.shape[1], 2, kernel, stride, padding, padding_mode=mode).double()

    def theirs(x0, weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, x0)

    agree(definition(2, kernel, stride, padding, padding_mode=mode), theirs, x)


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize(("kernel", "dilation"), [*itertools.product([1, 2, 3], [1, 2])])
def test_same_padding(torch, agree, kernel, dilation) -> None:
    def theirs(x0, weight):
        function = torch.nn.functional.conv1d if x0.dim() == 3 else torch.nn.functional.conv3d
        return function(x0, weight, padding="same", dilation=dilation)

    agree(Conv1d(2, kernel, padding="same", dilation=dilation, bias=False), theirs, SEQUENCE)
    agree(Conv3d(2, kernel, padding="same", dilation=dilation, bias=False), theirs, VOLUME)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra", "dilation", "groups"),
    [*itertools.product([3, 4], [3], [0, 1], [0, 1], [1, 2], [1, 2])],
)
def test_conv_transpose1d(torch, agree, kernel, stride, padding, extra, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv_transpose1d(x0, weight, bias, stride, padding, extra, groups, dilation)

    agree(ConvTranspose1d(6, kernel, stride, padding, extra, groups, dilation=dilation), theirs, SEQUENCE)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra", "dilation", "groups"),
    [*itertools.product([(2, 1, 3)], [2, (3, 2, 2)], [0, (1, 0, 1)], [0, (0, 1, 0)], [1, (1, 2, 1)], [1, 2])],
)
def test_conv_transpose3d(torch, agree, kernel, stride, padding, extra, dilation, groups) -> None:
    def theirs(x0, weight, bias):
        return torch.nn.functional.conv_transpose3d(x0, weight, bias, stride, padding, extra, groups, dilation)

    agree(ConvTranspose3d(4, kernel, stride, padding, extra, groups, dilation=dilation), theirs, VOLUME)
