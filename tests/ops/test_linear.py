import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.linear import Linear
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x, weight, bias=0.0):
    return np.einsum("n...i,oi->n...o", x, weight) + bias


SAMPLES = [
    Sample(Linear(7), (distinct((3, 5)),), reference),
    Sample(Linear(7, bias=False), (distinct((3, 5)),), reference, title="no bias"),
    Sample(Linear(1), (distinct((3, 11)),), reference, title="one unit"),
    Sample(Linear(3), (distinct((5, 1)),), reference, title="one feature"),
    Sample(Linear(3), (distinct((2, 7, 5)),), reference, title="sequences"),
    Sample(Linear(19, bias=False), (distinct((2, 3, 2)),), reference, title="short sequences"),
]


def test_it_declares_pytorchs_parameters() -> None:
    specs = Linear(7).parameters(TensorType.batched(5))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (7, 5), "bias": (7,)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (5, 7)
    assert specs["bias"].init.settings == {"low": -(5**-0.5), "high": 5**-0.5}


def test_feature_maps_get_a_hint_to_flatten() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Linear(10).infer(TensorType.batched(16, 5, 5))
    assert problem.value.expected == "a value of rank 2 (N, features)"
    assert problem.value.found == "(N, 16, 5, 5)"
    assert problem.value.hint == "put `- flatten` before it"
