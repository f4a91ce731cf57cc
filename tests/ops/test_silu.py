import numpy as np

from graphnet.ops.silu import SiLU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return x / (1 + np.exp(-x))


SAMPLES = [Sample(SiLU(), (distinct((3, 5, 7, 11), low=-5, high=5),), reference)]

LARGE = Sample(SiLU(), (np.array([[1e4, -1e4, np.nan]]),), lambda x: np.array([[1e4, 0, np.nan]]), title="large")
EDGES = [LARGE]


def test_the_gradient_of_large_numbers() -> None:
    np.testing.assert_allclose(run(LARGE).gradients["x0"][:, :2], LARGE.upstream[:, :2] * [1, 0])
