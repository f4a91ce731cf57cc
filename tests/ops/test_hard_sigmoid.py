import numpy as np

from graphnet.ops.hard_sigmoid import HardSigmoid
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.clip(x / 6 + 0.5, 0, 1)


SAMPLES = [Sample(HardSigmoid(), (distinct((3, 5, 7, 11), low=-5, high=5),), reference)]

KINKS = Sample(HardSigmoid(), (np.array([[-3.0, 0.0, 3.0, -np.inf, np.inf, np.nan]]),), reference, title="kinks")
EDGES = [KINKS]


def test_the_gradient_at_the_kinks_is_that_of_the_flat_side() -> None:
    np.testing.assert_allclose(run(KINKS).gradients["x0"][:, :5], KINKS.upstream[:, :5] * [0, 1 / 6, 0, 0, 0])
