import numpy as np

from graphnet.ops.abs import Abs
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.sqrt(x * x)


SAMPLES = [Sample(Abs(), (distinct((3, 5, 7, 11)),), reference)]

KINK = Sample(Abs(), (np.array([[0.0, -0.0, -np.inf, np.nan]]),), reference, title="kink")
EDGES = [KINK]


def test_the_gradient_at_zero_is_zero() -> None:
    np.testing.assert_array_equal(run(KINK).gradients["x0"][:, :3], KINK.upstream[:, :3] * [0, 0, -1])
