import itertools

import numpy as np

from graphnet.ops.adaptive_max_pool2d import AdaptiveMaxPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(height, width):
    """The largest of the window from floor(k S / O) to ceil((k + 1) S / O), for S elements and O windows."""

    def compute(x):
        y = np.empty((*x.shape[:2], height, width))
        for h, w in itertools.product(range(height), range(width)):
            rows = slice(h * x.shape[2] // height, -(-(h + 1) * x.shape[2] // height))
            columns = slice(w * x.shape[3] // width, -(-(w + 1) * x.shape[3] // width))
            y[:, :, h, w] = x[:, :, rows, columns].max(axis=(2, 3))
        return y

    return compute


X = distinct((2, 17, 7, 11))
SAMPLES = [
    Sample(AdaptiveMaxPool2d((3, 4)), (X,), reference(3, 4)),
    Sample(AdaptiveMaxPool2d((9, 2)), (distinct((2, 5, 4, 6)),), reference(9, 2), title="more than there are"),
    Sample(AdaptiveMaxPool2d((1, 2)), (distinct((1, 2, 19, 23)),), reference(1, 2), title="more than 255 taps"),
]

EQUAL = Sample(
    AdaptiveMaxPool2d(2), (np.full((1, 1, 3, 3), 3.0),), lambda x: np.full((1, 1, 2, 2), 3.0), title="equal elements"
)
EDGES = [EQUAL]


def test_the_first_of_equals_gets_the_gradient() -> None:
    assert np.argwhere(run(EQUAL).gradients["x0"])[:, 2:].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
