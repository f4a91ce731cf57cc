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


def test_it_saturates_without_overflow() -> None:
    extreme = run(Sample(Tanh(), (np.array([[-1e3, 1e3]]),), None))
    np.testing.assert_allclose(extreme.output, [[-1, 1]], atol=2e-3)
    np.testing.assert_allclose(extreme.gradients["x0"], 0, atol=2e-6)
