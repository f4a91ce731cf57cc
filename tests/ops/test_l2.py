import numpy as np

from graphnet.ops.l2 import L2
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(*parameters):
    return np.sum([np.square(w).sum() for w in parameters])


SAMPLES = [
    Sample(L2(), (distinct((5, 2, 3, 3)),), reference, title="filters"),
    Sample(L2(), (distinct((7, 5)), distinct((7,), seed=1), distinct((5, 2, 3, 3), seed=2)), reference, title="three"),
]

EDGES = [Sample(L2(), (np.array(-3.0), np.zeros(3)), reference, title="number and zeros")]


def test_the_gradient_at_zero_is_zero() -> None:
    np.testing.assert_array_equal(run(Sample(L2(), (np.zeros(3),), reference)).gradients["x0"], 0)
