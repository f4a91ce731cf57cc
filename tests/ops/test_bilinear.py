import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.bilinear import Bilinear
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(left, right, weight, bias=0.0):
    return np.array([[x @ form @ y for form in weight] for x, y in zip(left, right, strict=True)]) + bias


LEFT, RIGHT = distinct((3, 5)), distinct((3, 7), seed=1)
SAMPLES = [
    Sample(Bilinear(2), (LEFT, RIGHT), reference),
    Sample(Bilinear(1, bias=False), (LEFT, RIGHT), reference, title="one unit"),
    Sample(Bilinear(3, bias=False), (distinct((2, 19)), distinct((2, 1), seed=1)), reference, title="one feature"),
]


def test_it_declares_pytorchs_parameters() -> None:
    specs = Bilinear(3).parameters(TensorType.batched(4), TensorType.batched(5))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (3, 4, 5), "bias": (3,)}
    assert all(spec.init.settings == {"low": -0.5, "high": 0.5} for spec in specs.values())


def test_features_only() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Bilinear(3).infer(TensorType.batched(4), TensorType.batched(5, 2, 2))
    assert problem.value.hint == "put `- flatten` before it"
