import numpy as np

from graphnet.ops.tanh import Tanh
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


SAMPLES = [
    Sample(Tanh(), (distinct((3, 5, 7, 11)),), reference),
    Sample(Tanh(), (distinct((3, 5)),), reference, title="features"),
]

EXTREME = Sample(Tanh(), (np.array([[-1e6, 1e6]]),), lambda x: np.array([[-1, 1]]), title="extreme")
EDGES = [EXTREME, Sample(Tanh(), (np.full((1, 3), np.nan),), lambda x: x, title="not a number")]


def test_it_saturates_without_a_gradient() -> None:
    np.testing.assert_allclose(run(EXTREME).gradients["x0"], 0, atol=1e-11)
