import numpy as np

from graphnet.ops.multiply import Multiply
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(*x):
    return np.prod(np.broadcast_arrays(*x), axis=0)


MAPS = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Multiply(), (MAPS, distinct((3, 5, 7, 11), seed=1)), reference, title="equal shapes"),
    Sample(Multiply(), (distinct((3, 5, 1, 1), seed=1), MAPS), reference, title="per channel"),
    Sample(Multiply(), (MAPS, distinct((3, 1, 1, 1), seed=1)), reference, title="scalar"),
    Sample(Multiply(), tuple(distinct((3, 5), seed=k) for k in range(3)), reference, title="three operands"),
]
