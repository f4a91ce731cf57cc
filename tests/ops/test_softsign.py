import numpy as np

from graphnet.ops.softsign import Softsign
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x):
    return np.array([v / (1 + v) if v > 0 else v / (1 - v) for v in x.flat]).reshape(x.shape)


SAMPLES = [Sample(Softsign(), (distinct((3, 5, 7, 11)),), reference)]

EDGES = [Sample(Softsign(), (np.array([[0.0, 1e4, np.nan]]),), reference, title="zero and large")]
