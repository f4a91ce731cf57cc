import numpy as np

from graphnet.ops.step import Step
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.heaviside(x, 0.0)


SAMPLES = [Sample(Step(), (distinct((3, 5)),), reference)]


def test_zero_is_off_and_no_gradient_passes() -> None:
    at_zero = run(Sample(Step(), (np.zeros((1, 2)),), reference))
    np.testing.assert_array_equal(at_zero.output, 0)
    assert at_zero.gradients == {}
