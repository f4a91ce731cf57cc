import numpy as np
import pytest

from graphnet.ops.power import Power
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run

ANY, POSITIVE = distinct((3, 5, 7, 11)), distinct((3, 5, 7, 11), low=0.1, high=3)


def power(exponent, x, title=None):
    def reference(x):
        with np.errstate(all="ignore"):
            return x**exponent

    return Sample(Power(exponent), (x,), reference, title=title or f"to the power {exponent}")


SAMPLES = [power(3, ANY), power(-1.5, POSITIVE), power(0.3, POSITIVE), power(33, distinct((3, 5), low=-1.2, high=1.2))]

EDGES = [
    power(0, np.array([[0.0, 2.0, np.nan]])),
    power(-2, np.array([[0.0, -np.inf, np.inf, np.nan]])),
    power(0.3, np.array([[0.0, -1.0, np.inf, np.nan]]), "a root of ends"),
]


@pytest.mark.parametrize("exponent", [2, 5, 13, 31, 32, 33, 101, -1, -3, -34, 0.5, 7.5, -0.5, 31.5, 33.5, 2.25, 1e-3])
def test_powers_in_float32(exponent: float) -> None:
    """Within the rounding that the logarithm's multiple costs."""
    x = np.concatenate([distinct((3, 97), low=0.6, high=1.7), np.array([[1.0, 0.75]] * 3)], axis=1)
    x = x if exponent % 1 else np.concatenate([x, -x], axis=1)
    found = run(Sample(Power(exponent), (x,), None), dtype=np.float32).output
    np.testing.assert_allclose(found, x.astype(np.float32).astype(np.float64) ** exponent, rtol=2e-5)


def test_the_gradient_of_the_power_of_zero() -> None:
    zero = np.zeros((1, 1))
    found = [run(power(exponent, zero)).gradients["x0"].item() / run(power(1, zero)).gradients["x0"].item()
             for exponent in (0, 1, 2, 1.5, 2.25)]  # fmt: skip
    assert found == [0, 1, 0, 0, 0]
