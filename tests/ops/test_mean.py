import numpy as np

from graphnet.ops.mean import Mean
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(axis, keepdim=False):
    return lambda x: np.mean(x, axis=axis, keepdims=keepdim)


X = distinct((3, 17, 2, 7))
SAMPLES = [
    Sample(Mean(), (X,), reference((1, 2, 3)), title="of a sample"),
    Sample(Mean(-1), (X,), reference(3), title="last"),
    Sample(Mean((1, 2), keepdim=True), (X,), reference((1, 2), True), title="several, keepdim"),
]
