import numpy as np

from graphnet.ops.step import Step
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.heaviside(x, 0.0)


SAMPLES = [Sample(Step(), (distinct((3, 5)),), reference)]

EDGES = [Sample(Step(), (np.zeros((1, 2)),), lambda x: np.zeros((1, 2)), title="zero is off")]


def test_no_gradient_passes() -> None:
    assert run(SAMPLES[0]).gradients == {}
