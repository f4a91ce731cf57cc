import numpy as np

from graphnet.ops.selu import ALPHA, SCALE, SELU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * (np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1))


SAMPLES = [Sample(SELU(), (distinct((3, 5, 7, 11)),), reference)]

FLOOR = -SCALE * ALPHA
LARGE = Sample(
    SELU(), (np.array([[1e4, -1e4, np.nan]]),), lambda x: np.array([[SCALE * 1e4, FLOOR, np.nan]]), title="large"
)
EDGES = [LARGE]


def test_the_gradient_of_large_numbers() -> None:
    np.testing.assert_allclose(run(LARGE).gradients["x0"][:, :2], LARGE.upstream[:, :2] * [SCALE, 0], atol=1e-12)


def test_standard_normal_numbers_stay_so() -> None:
    """Their mean and variance, as integrals."""
    x = np.linspace(-12, 12, 200_001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    y = reference(x[:, None])[:, 0]
    np.testing.assert_allclose([(y * density).sum(), (y * y * density).sum()], [0, 1], atol=1e-7)
