import numpy as np

from graphnet.ops.mish import Mish
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return x * np.tanh(np.log(1 + np.exp(x)))


SAMPLES = [Sample(Mish(), (distinct((3, 5, 7, 11), low=-5, high=5),), reference)]

LARGE = Sample(
    Mish(), (np.array([[1e4, -1e4, -30.0, np.nan]]),), lambda x: np.array([[1e4, 0, -30 * np.exp(-30.0), np.nan]]),
    title="large",
)  # fmt: skip
EDGES = [LARGE]


def test_the_gradient_of_large_numbers() -> None:
    found = run(LARGE, dtype=np.float32).gradients["x0"][0, :3] / LARGE.upstream[0, :3]
    np.testing.assert_allclose(found, [1, 0, -29 * np.exp(-30.0)], rtol=1e-5)
