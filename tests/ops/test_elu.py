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


def test_large_numbers_pass_unharmed() -> None:
    large = run(Sample(ELU(), (np.array([[1e4, -1e4]]),), None))
    np.testing.assert_array_equal(large.output, [[1e4, -1]])
    assert np.isfinite(large.gradients["x0"]).all()


def test_a_negative_alpha_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        ELU(alpha=-1)
