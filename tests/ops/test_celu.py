import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.ops.celu import CELU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(alpha):
    return lambda x: np.maximum(x, 0) + np.minimum(0, alpha * (np.exp(x / alpha) - 1))


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(CELU(), (X,), reference(1.0)),
    Sample(CELU(alpha=0.3), (X,), reference(0.3), title="alpha 0.3"),
]

LARGE = Sample(CELU(2.0), (np.array([[1e4, -1e4, np.nan]]),), lambda x: np.array([[1e4, -2, np.nan]]), title="large")
EDGES = [LARGE]


def test_the_gradient_of_large_numbers() -> None:
    np.testing.assert_allclose(run(LARGE).gradients["x0"][:, :2], LARGE.upstream[:, :2] * [1, 0])


@pytest.mark.parametrize("alpha", [0, -1.0])
def test_alpha_is_positive(alpha: float) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        CELU(alpha=alpha)
