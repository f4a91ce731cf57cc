"""What moves elements, over grids of attributes."""

import itertools

import numpy as np
import pytest

from graphnet.ops.channel_shuffle import ChannelShuffle
from graphnet.ops.families.references import NamedLayer
from graphnet.ops.max_pool2d import MaxPool2d
from graphnet.ops.max_unpool2d import MaxUnpool2d
from graphnet.ops.pad import Pad
from graphnet.ops.permute import Permute
from graphnet.ops.pixel_shuffle import PixelShuffle
from graphnet.ops.pixel_unshuffle import PixelUnshuffle
from graphnet.ops.slice import Slice
from graphnet.ops.split import Split
from graphnet.ops.upsample import Upsample
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import PREDICTION, TRAINING, Sample

pytestmark = pytest.mark.oracle

X = distinct((2, 3, 7, 11))


@pytest.mark.parametrize(
    ("factor", "mode"), [*itertools.product([1, 2, 3, 5, 0.5, 1.5, 1.2, 2.5, 0.7, 1.0, 4 / 3, (2, 1.5)],
                                            ["nearest", "bilinear"])]
)  # fmt: skip
def test_upsample_by_a_factor(torch, agree, factor, mode) -> None:
    agree(
        Upsample(factor, mode=mode), lambda x0: torch.nn.functional.interpolate(x0, scale_factor=factor, mode=mode), X
    )


@pytest.mark.parametrize(
    ("size", "shape", "kind"),
    [*itertools.product(
        [(7, 11), (14, 22), (9, 13), (3, 5), (1, 1), (8, 10), (21, 4)], [(7, 11), (1, 5), (2, 3)],
        [("nearest", None), ("bilinear", False), ("bilinear", True)],
    )],
)  # fmt: skip
def test_upsample_to_a_size(torch, agree, size, shape, kind) -> None:
    mode, align_corners = kind
    agree(
        Upsample(size=size, mode=mode, align_corners=bool(align_corners)),
        lambda x0: torch.nn.functional.interpolate(x0, size, mode=mode, align_corners=align_corners),
        distinct((2, 3, *shape)),
    )  # fmt: skip


@pytest.mark.parametrize("factor", [2, 3, 1.5, 1.2])
def test_upsample_with_aligned_corners(torch, agree, factor) -> None:
    upsample = torch.nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=True)
    agree(Upsample(factor, mode="bilinear", align_corners=True), lambda x0: upsample(x0), X)


POOLS = [
    (kernel, stride, padding, ceil_mode)
    for kernel, stride, padding, ceil_mode in itertools.product(
        [2, 3, (3, 2)], [None, 1, 2, 3, (2, 4)], [0, 1], [False, True]
    )
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil_mode"), POOLS)
def test_max_unpool2d(torch, agree, kernel, stride, padding, ceil_mode) -> None:
    """Forward for any x; backward where PyTorch does not give one element's gradient to several windows."""
    pool = MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode)
    windows, image = pool.windows(), torch.tensor(X)
    y, places = torch.nn.functional.max_pool2d(image, kernel, stride, padding, ceil_mode=ceil_mode, return_indices=True)
    rows, columns = places.numpy() // X.shape[3], places.numpy() % X.shape[3]
    i = rows + windows.padding[0][0] - windows.stride[0] * np.arange(y.shape[2])[:, None]
    j = columns + windows.padding[1][0] - windows.stride[1] * np.arange(y.shape[3])
    taps = (i * windows.kernel_size[1] + j).astype(np.uint8)
    op = MaxUnpool2d(NamedLayer("pool", pool, Sample(pool, (X,), None).types))

    def unpool(x0, **_):
        return torch.nn.functional.max_unpool2d(x0, places, kernel, stride, padding, output_size=X.shape[2:])

    mode = TRAINING if is_unambiguous(places) else PREDICTION
    agree(op, unpool, distinct(tuple(y.shape), seed=1), taps, mode=mode)


def is_unambiguous(places) -> bool:
    """Whether no two windows of a channel found the same element."""
    return all(len(set(channel)) == len(channel) for channel in places.flatten(0, 1).flatten(1).tolist())


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [(1, 1, 1, 1), (0, 2, 3, 0), (5, 6, 4, 2), (3, 0, 0, 0), (10, 9, 6, 6)])
def test_pad(torch, agree, mode, padding) -> None:
    agree(Pad(padding, mode=mode), lambda x0: torch.nn.functional.pad(x0, padding, mode=mode), X)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("shape", [(2, 3, 11), (2, 3, 4, 5, 3)])
def test_pad_sequences_and_volumes(torch, agree, mode, shape) -> None:
    padding = (2, 1, 0, 3, 1, 1)[: 2 * (len(shape) - 2)]
    agree(Pad(padding, mode=mode), lambda x0: torch.nn.functional.pad(x0, padding, mode=mode), distinct(shape))


def test_pad_with_a_value(torch, agree) -> None:
    agree(Pad((1, 2), value=-1.5), lambda x0: torch.nn.functional.pad(x0, (1, 2), value=-1.5), X)


@pytest.mark.parametrize("groups", [1, 2, 3, 6, 12])
def test_channel_shuffle(torch, agree, groups) -> None:
    agree(ChannelShuffle(groups), lambda x0: torch.nn.functional.channel_shuffle(x0, groups), distinct((2, 12, 3, 5)))


@pytest.mark.parametrize("order", [*itertools.permutations((1, 2, 3))])
def test_permute(torch, agree, order) -> None:
    agree(Permute(order), lambda x0: x0.permute(0, *order), X)


@pytest.mark.parametrize(
    ("axis", "start", "stop", "step"), [*itertools.product((1, 2, 3), (0, 1, -3), (3, None), (1, 2, 4))]
)
def test_slice(torch, agree, axis, start, stop, step) -> None:
    where = (*[slice(None)] * axis, slice(start, stop, step))
    agree(Slice(axis, start, stop, step), lambda x0: x0[where], distinct((2, 4, 5, 3)))


@pytest.mark.parametrize(("index", "sizes"), [*itertools.product((0, 1, -1), [(2, 4), (3, 1, 2), (1, 5)])])
def test_split(torch, agree, index, sizes) -> None:
    agree(Split(index, sizes=sizes), lambda x0: x0.split(sizes, 1)[index], distinct((2, 6, 5, 3)))
    agree(Split(index, parts=3), lambda x0: x0.chunk(3, 1)[index], distinct((2, 6, 5, 3)))


@pytest.mark.parametrize(("factor", "channels"), [*itertools.product((1, 2, 3), (1, 3))])
def test_pixel_shuffle(torch, agree, factor, channels) -> None:
    small, large = distinct((2, channels * factor**2, 3, 2)), distinct((2, channels, 3 * factor, 2 * factor))
    agree(PixelShuffle(factor), lambda x0: torch.nn.functional.pixel_shuffle(x0, factor), small)
    agree(PixelUnshuffle(factor), lambda x0: torch.nn.functional.pixel_unshuffle(x0, factor), large)
