import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.layer_norm import LayerNorm
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(axes, eps=1e-5):
    def compute(x, weight=1.0, bias=0.0):
        shape = [extent if axis in axes else 1 for axis, extent in enumerate(x.shape)]
        z = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
        weight, bias = (np.broadcast_to(v, shape) if np.ndim(v) == 0 else v.reshape(shape) for v in (weight, bias))
        return z * weight + bias

    return compute


SAMPLES = [
    Sample(LayerNorm(), (distinct((3, 17)),), reference((1,)), title="features"),
    Sample(LayerNorm(5), (distinct((2, 17, 5)),), reference((2,)), title="last axis"),
    Sample(LayerNorm((5, 3, 2), eps=0.1), (distinct((2, 5, 3, 2)),), reference((1, 2, 3), 0.1), title="whole samples"),
    Sample(LayerNorm(axes=1, bias=False), (distinct((2, 19, 3, 2)),), reference((1,)), title="channels, no bias"),
    Sample(
        LayerNorm(axes=(-1, 1), elementwise_affine=False), (distinct((2, 5, 3, 7)),), reference((1, 3)),
        title="two axes, not affine",
    ),
]  # fmt: skip

LARGE = Sample(LayerNorm(), (distinct((2, 7)) + 30,), reference((1,)), title="large mean")
EDGES = [LARGE]


def test_a_large_mean_costs_no_precision() -> None:
    """The mean of squares minus the square of the mean would lose all digits here."""
    sample = Sample(LayerNorm(elementwise_affine=False), (distinct((3, 499)) + 3000,), None)
    assert np.abs(run(sample, dtype=np.float32).output - run(sample).output).max() < 1e-3


def test_parameters_have_the_shape_of_the_axes() -> None:
    x = TensorType.batched(5, 7, 11)
    for operator, shape in [(LayerNorm(), (11,)), (LayerNorm((7, 11)), (7, 11)), (LayerNorm(axes=(3, 1)), (5, 11))]:
        specs = operator.parameters(x)
        assert {n: (s.shape, s.init.name) for n, s in specs.items()} == {
            "weight": (shape, "ones"), "bias": (shape, "zeros"),
        }  # fmt: skip
    assert list(LayerNorm(bias=False).parameters(x)) == ["weight"]
    assert not LayerNorm(elementwise_affine=False).parameters(x)


@pytest.mark.parametrize("shape", [(7,), (5, 11), (2, 5, 7, 11), (5, 7, 11, 1)])
def test_the_shape_is_that_of_the_last_axes(shape) -> None:
    with pytest.raises(AttributeProblem) as problem:
        LayerNorm(shape).infer(TensorType.batched(5, 7, 11))
    assert problem.value.expected == f"a value (N, ..., {', '.join(map(str, shape))})"
    assert problem.value.attribute == "normalized_shape"


def test_shape_and_axes_exclude_each_other() -> None:
    with pytest.raises(AttributeProblem) as problem:
        LayerNorm(11, axes=-1).infer(TensorType.batched(5, 7, 11))
    assert problem.value.message == "cannot take both normalized_shape and axes"


def test_the_batch_is_not_normalised() -> None:
    with pytest.raises(AttributeProblem) as problem:
        LayerNorm(axes=0).infer(TensorType.batched(5))
    assert problem.value.attribute == "axes"
    with pytest.raises(AttributeProblem) as problem:
        LayerNorm().infer(TensorType.batched())
    assert problem.value.code == "shape"


def test_one_element_alone_is_suspicious() -> None:
    assert LayerNorm().warnings(TensorType.batched(5, 1))
    assert not LayerNorm().warnings(TensorType.batched(5, 2))
