import numpy as np

from graphnet.ops.divide import Divide
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(left, right):
    return np.divide(left, right)


MAPS = distinct((3, 5, 7, 11))
POSITIVE = distinct((3, 5, 7, 11), low=0.5, high=2.0, seed=1)
SAMPLES = [
    Sample(Divide(), (MAPS, POSITIVE), reference, title="equal shapes"),
    Sample(Divide(), (MAPS, POSITIVE[:, :, :1, :1]), reference, title="maps by channel"),
    Sample(Divide(), (MAPS[:, :, :1, :1], -POSITIVE), reference, title="channel by maps"),
]
