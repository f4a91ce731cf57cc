import numpy as np

from graphnet.ops.squared_error import SquaredError
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x, t):
    return np.linalg.norm(np.ravel(x - t)) ** 2


SAMPLES = [
    Sample(SquaredError(), (distinct((3, 5)), distinct((3, 5), seed=1)), reference),
    Sample(SquaredError(), (distinct((3, 5, 7, 11)), distinct((3, 5, 7, 11), seed=1)), reference, title="maps"),
]
