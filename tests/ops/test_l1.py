import numpy as np

from graphnet.ops.l1 import L1
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(*parameters):
    return np.sum([np.abs(w).sum() for w in parameters])


SAMPLES = [
    Sample(L1(), (distinct((5, 2, 3, 3)),), reference, title="filters"),
    Sample(L1(), (distinct((7, 5)), distinct((7,), seed=1), distinct((5, 2, 3, 3), seed=2)), reference, title="three"),
]

EDGES = [Sample(L1(), (np.array(-3.0), np.zeros(3)), reference, title="number and zeros")]


def test_the_gradient_at_zero_is_zero() -> None:
    np.testing.assert_array_equal(run(Sample(L1(), (np.zeros(3),), reference)).gradients["x0"], 0)
