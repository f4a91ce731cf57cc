import numpy as np

from graphnet.ops.avg_pool1d import AvgPool1d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(size, stride, padding, include, windows):
    """The mean of each window over the padded sequence, or over the sequence alone; never over what lies beyond."""

    def compute(x):
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
        counted = np.pad(np.ones(x.shape[2]), padding, constant_values=include)
        parts = [slice(w * stride, w * stride + size) for w in range(windows)]
        return np.stack([padded[:, :, part].sum(axis=2) / counted[part].sum() for part in parts], axis=2)

    return compute


X = distinct((3, 17, 11))
SAMPLES = [
    Sample(AvgPool1d(2), (X,), reference(2, 2, 0, True, 5)),
    Sample(
        AvgPool1d(4, stride=3, padding=2, ceil_mode=True), (X,), reference(4, 3, 2, True, 5),
        title="ceil mode and padding",
    ),
    Sample(
        AvgPool1d(3, stride=2, padding=1, count_include_pad=False), (X,), reference(3, 2, 1, False, 6),
        title="padding does not count",
    ),
]  # fmt: skip
