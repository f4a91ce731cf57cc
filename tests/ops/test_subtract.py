import numpy as np

from graphnet.ops.subtract import Subtract
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(left, right):
    return np.subtract(left, right)


MAPS = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Subtract(), (MAPS, distinct((3, 5, 7, 11), seed=1)), reference, title="equal shapes"),
    Sample(Subtract(), (distinct((3, 5, 1, 1), seed=1), MAPS), reference, title="channel minus maps"),
    Sample(Subtract(), (MAPS, distinct((3, 5, 1, 1), seed=1)), reference, title="maps minus channel"),
    Sample(Subtract(), (distinct((3, 5)), distinct((3, 1), seed=1)), reference, title="features minus scalar"),
]
