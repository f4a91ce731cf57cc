import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.ops.elu import ELU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(alpha):
    return lambda x: np.array([v if v > 0 else alpha * (np.exp(v) - 1) for v in x.ravel()]).reshape(x.shape)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(ELU(), (X,), reference(1.0)),
    Sample(ELU(alpha=0.3), (X,), reference(0.3), title="alpha 0.3"),
    Sample(ELU(alpha=0), (X,), reference(0.0), title="alpha 0"),
]

LARGE = Sample(ELU(), (np.array([[1e4, -1e4, np.nan]]),), lambda x: np.array([[1e4, -1, np.nan]]), title="large")
EDGES = [LARGE]


def test_the_gradient_of_large_numbers() -> None:
    np.testing.assert_allclose(run(LARGE).gradients["x0"][:, :2], LARGE.upstream[:, :2] * [1, 0])


def test_a_negative_alpha_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        ELU(alpha=-1)
