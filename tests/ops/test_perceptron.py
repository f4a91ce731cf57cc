import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.perceptron import Perceptron
from graphnet.testing.arrays import distinct, labels
from graphnet.testing.samples import Sample, run


def reference(x, label):
    return np.mean([max(0.0, -(2 * k - 1) * v) for v, k in zip(x[:, 0], label, strict=True)])


SAMPLES = [Sample(Perceptron(), (distinct((11, 1)), labels((11,), 2)), reference)]

LABELS = np.array([0, 0, 0, 1, 1, 1], np.int32)
ZEROS = Sample(Perceptron(), (np.array([[-1.0], [0.0], [2.0]] * 2), LABELS), reference, title="zeros")
EDGES = [ZEROS]


def test_the_gradient_is_rosenblatts_rule_even_at_zero() -> None:
    decided = np.array([0, 0, 1, 0, 0, 1])
    expected = (decided - LABELS)[:, None] / 6 * ZEROS.upstream
    np.testing.assert_allclose(run(ZEROS).gradients["x0"], expected)


def test_one_response_unit() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Perceptron().infer(TensorType.batched(2), TensorType.batched(dtype="int32"))
    assert problem.value.hint == "end with `- linear: 1`, or use `hinge` for several classes"
