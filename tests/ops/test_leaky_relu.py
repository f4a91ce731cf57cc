import numpy as np

from graphnet.ops.leaky_relu import LeakyReLU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(slope):
    return lambda x: np.maximum(x, 0) + slope * np.minimum(x, 0)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(LeakyReLU(), (X,), reference(0.01)),
    Sample(LeakyReLU(negative_slope=0.2), (X,), reference(0.2), title="slope 0.2"),
]
