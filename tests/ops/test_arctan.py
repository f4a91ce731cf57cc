import numpy as np

from graphnet.ops.arctan import Arctan
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.angle(1 + 1j * x)


SAMPLES = [
    Sample(Arctan(), (distinct((3, 5, 7, 11)),), reference),
    Sample(Arctan(), (distinct((3, 5)),), reference, title="features"),
]

EXTREME = Sample(Arctan(), (np.array([[-1e12, 1e12]]),), lambda x: np.array([[-np.pi / 2, np.pi / 2]]), title="extreme")
EDGES = [EXTREME, Sample(Arctan(), (np.full((1, 3), np.nan),), lambda x: x, title="not a number")]


def test_it_saturates_without_a_gradient() -> None:
    np.testing.assert_allclose(run(EXTREME).gradients["x0"], 0, atol=1e-11)
