import numpy as np

from graphnet.ops.sigmoid import Sigmoid
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return 1 / (1 + np.exp(-x))


SAMPLES = [
    Sample(Sigmoid(), (distinct((3, 5, 7, 11)),), reference),
    Sample(Sigmoid(), (distinct((3, 5)),), reference, title="features"),
]

EXTREME = Sample(Sigmoid(), (np.array([[-1e6, 1e6]]),), lambda x: np.array([[0, 1]]), title="extreme")
EDGES = [EXTREME, Sample(Sigmoid(), (np.full((1, 3), np.nan),), lambda x: x, title="not a number")]


def test_it_saturates_without_a_gradient() -> None:
    np.testing.assert_allclose(run(EXTREME).gradients["x0"], 0, atol=1e-11)
