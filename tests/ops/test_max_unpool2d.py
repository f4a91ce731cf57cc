import itertools

import numpy as np
import pytest

import graphnet as gn
from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.avg_pool2d import AvgPool2d
from graphnet.ops.families.references import NamedLayer
from graphnet.ops.max_pool2d import MaxPool2d
from graphnet.ops.max_unpool2d import MaxUnpool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def layer(pool, *shape):
    return NamedLayer("pool", pool, (TensorType.batched(*shape),))


def pooled(pool, image):
    """What the pool makes of an image, and the tap at which it found each element, window by window."""
    windows = pool.windows()
    count = windows.extents(image.shape[2:])
    y, taps = np.full((*image.shape[:2], *count), -np.inf), np.zeros((*image.shape[:2], *count), np.uint8)
    for n, c, h, w, i, j in itertools.product(*map(range, (*y.shape, *windows.kernel_size))):
        row, column = place(windows, h, w, i, j)
        if 0 <= row < image.shape[2] and 0 <= column < image.shape[3] and image[n, c, row, column] > y[n, c, h, w]:
            y[n, c, h, w], taps[n, c, h, w] = image[n, c, row, column], i * windows.kernel_size[1] + j
    return y, taps


def place(windows, h, w, i, j):
    return (
        h * windows.stride[0] + i * windows.dilation[0] - windows.padding[0][0],
        w * windows.stride[1] + j * windows.dilation[1] - windows.padding[1][0],
    )


def reference(pool, size):
    """One window after the other, so that the last one stays."""

    def compute(x, taps):
        windows = pool.windows()
        y = np.zeros((*x.shape[:2], *size))
        for n, c, h, w in itertools.product(*map(range, x.shape)):
            row, column = place(windows, h, w, *divmod(int(taps[n, c, h, w]), windows.kernel_size[1]))
            y[n, c, row, column] = x[n, c, h, w]
        return y

    return compute


def sample(pool, title, shape=(3, 5, 7, 11)):
    y, taps = pooled(pool, distinct(shape))
    x = distinct(y.shape, seed=1)
    return Sample(MaxUnpool2d(layer(pool, *shape[1:])), (x, taps), reference(pool, shape[2:]), title=title)


SAMPLES = [
    sample(MaxPool2d(2), "2"),
    sample(MaxPool2d((3, 2), padding=1, ceil_mode=True), "rectangular and padded"),
    sample(MaxPool2d(3, stride=2, padding=1), "overlapping"),
    sample(MaxPool2d(2, stride=1, dilation=2), "dilated"),
]


def test_of_equal_places_the_last_window_gets_the_gradient() -> None:
    """All four windows of 3 find the middle of a map of 4."""
    pool = MaxPool2d(3, stride=1)
    image = np.zeros((1, 1, 4, 4))
    image[0, 0, 2, 2] = 1
    y, taps = pooled(pool, image)
    found = run(Sample(MaxUnpool2d(layer(pool, 1, 4, 4)), (distinct(y.shape), taps), None))
    assert np.argwhere(found.output).tolist() == [[0, 0, 2, 2]]
    assert found.output[0, 0, 2, 2] == distinct(y.shape)[0, 0, 1, 1]
    assert np.argwhere(found.gradients["x0"]).tolist() == [[0, 0, 1, 1]]


def test_the_shape_is_the_pools() -> None:
    op = MaxUnpool2d(layer(MaxPool2d(2), 5, 7, 11))
    tap = TensorType.batched(5, 3, 5, dtype="uint8")
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(5, 3, 4), tap)
    assert problem.value.expected == "the shape of 'pool', (N, 5, 3, 5)"
    assert problem.value.found == "(N, 5, 3, 4)"


def test_only_a_max_pool2d_can_be_undone() -> None:
    op = MaxUnpool2d(layer(AvgPool2d(2), 5, 7, 11))
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(5, 3, 5))
    assert problem.value.found == "avg_pool2d 'pool'"


def test_a_prediction_finds_the_same_places() -> None:
    """The layer behind the pool reads the taps, which otherwise only a step of training keeps."""
    net = gn.Network("network")
    pool = gn.max_pool2d(net.input("image", (2, 7, 11)), 2)
    gn.max_unpool2d(pool, pool=pool)
    image = distinct((3, 2, 7, 11)).astype(np.float32)
    y = gn.compile(net, batch_size=3)(image)
    assert np.array_equal(y, np.where(y, image, 0))
    assert np.count_nonzero(y) == 3 * 2 * 3 * 5
