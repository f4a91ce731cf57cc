import numpy as np

from graphnet.ops.relu6 import ReLU6
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.clip(x, 0, 6)


SAMPLES = [Sample(ReLU6(), (distinct((3, 5, 7, 11), low=-2, high=9),), reference)]

KINKS = Sample(ReLU6(), (np.array([[0.0, 1.0, 6.0, -np.inf, np.inf, np.nan]]),), reference, title="kinks")
EDGES = [KINKS]


def test_the_gradient_at_the_kinks_is_zero() -> None:
    np.testing.assert_array_equal(run(KINKS).gradients["x0"][:, :5], KINKS.upstream[:, :5] * [0, 1, 0, 0, 0])
