import math

import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.ops.gelu import GELU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def exact(x):
    return np.array([v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.flat]).reshape(x.shape)


def approximate(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


X = distinct((3, 5, 7, 11), low=-4, high=4)
SAMPLES = [
    Sample(GELU(), (X,), exact),
    Sample(GELU("tanh"), (X,), approximate, title="tanh"),
]

LARGE = np.array([[1e4, -1e4, np.nan]])
EDGES = [
    Sample(GELU(kind), (LARGE,), lambda x: np.array([[1e4, 0, np.nan]]), title=f"large {kind}")
    for kind in ("none", "tanh")
]


def test_the_approximation_is_near() -> None:
    x = np.linspace(-6, 6, 1201)[None]
    np.testing.assert_allclose(approximate(x), exact(x), atol=5e-4)


@pytest.mark.parametrize("sample", EDGES, ids=str)
def test_the_gradient_of_large_numbers(sample: Sample) -> None:
    np.testing.assert_allclose(run(sample).gradients["x0"][:, :2], sample.upstream[:, :2] * [1, 0])


def test_there_are_two_kinds() -> None:
    with pytest.raises(ValidationError, match="'none' or 'tanh'"):
        GELU("sigmoid")
