import numpy as np

from graphnet.ops.unpool import Unpool
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(rows, columns):
    def compute(x):
        bed = np.zeros((*x.shape[:2], x.shape[2] * rows, x.shape[3] * columns))
        bed[:, :, ::rows, ::columns] = x
        return bed

    return compute


SAMPLES = [
    Sample(Unpool(2), (distinct((3, 5, 7, 11)),), reference(2, 2), title="2"),
    Sample(Unpool((1, 3)), (distinct((3, 5, 7, 2)),), reference(1, 3), title="rectangular"),
]
