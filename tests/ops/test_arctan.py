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


def test_it_saturates_without_overflow() -> None:
    extreme = run(Sample(Arctan(), (np.array([[-1e3, 1e3]]),), None))
    np.testing.assert_allclose(extreme.output, [[-np.pi / 2, np.pi / 2]], atol=2e-3)
    np.testing.assert_allclose(extreme.gradients["x0"], 0, atol=2e-6)
