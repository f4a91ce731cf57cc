"""The checks themselves: they must find what is wrong."""

import numpy as np
import pytest

from graphnet.core.types import TensorType
from graphnet.ir.expression import where
from graphnet.ops.cross_entropy import CrossEntropy
from graphnet.ops.l2 import L2
from graphnet.ops.linear import Linear
from graphnet.ops.relu import ReLU
from graphnet.testing.arrays import distinct, labels
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import PREDICTION, InnerProduct, Sample, as_graph, gradient_errors, run

X = distinct((3, 5))


@pytest.mark.parametrize("factor", [0.0, 0.999, -1.0])
def test_a_wrong_gradient_is_found(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def gradient(self, b, gradient, inputs, outputs):
        return (b.pointwise("wrong", lambda gy, y: where(y > 0, factor * gy, 0), gradient, outputs[0]),)

    sample = Sample(ReLU(), (X,), None)
    assert gradient_errors(sample)["x0"] < 1e-7
    monkeypatch.setattr(ReLU, "gradient", gradient)
    assert gradient_errors(sample)["x0"] > 1e-4


def test_a_missing_gradient_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReLU, "gradient", lambda self, b, gradient, inputs, outputs: (None,))
    assert gradient_errors(Sample(ReLU(), (X,), None))["x0"] > 0.1


def test_a_wrong_type_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReLU, "infer", lambda self, *operands: (TensorType.batched(4),))
    with pytest.raises(AssertionError, match="relu: inferred"):
        LoweredOperator(ReLU(), [TensorType.batched(5)])


def test_distinct_numbers_keep_their_distance() -> None:
    for shape in [(), (1,), (7,), (3, 5, 7, 11)]:
        x = distinct(shape)
        gap = 4.0 / x.size
        assert np.abs(x).min() >= gap / 4 - 1e-12
        if x.size > 1:
            assert np.diff(np.sort(x.ravel())).min() > gap * 0.999


def test_labels_cover_their_range() -> None:
    assert set(labels((1000,), 3).tolist()) == {0, 1, 2}


def test_a_prediction_has_no_gradients() -> None:
    assert run(Sample(Linear(7), (X,), None), PREDICTION).gradients == {}


def test_the_graph_of_a_layer_has_the_samples_gradient() -> None:
    sample = Sample(Linear(7), (X,), None)
    graph, feeds = as_graph(sample)
    assert [v.name for v in graph.inputs] == ["x0"]
    assert [p.path for p in graph.parameters] == ["layer.weight", "layer.bias"]
    assert set(feeds) == {"x0", "upstream", "layer.weight", "layer.bias"}
    np.testing.assert_array_equal(feeds["upstream"], sample.upstream)
    product = run(Sample(InnerProduct(), (distinct((3, 7)), sample.upstream), None))
    np.testing.assert_allclose(product.output, (distinct((3, 7)) * sample.upstream).sum())
    np.testing.assert_allclose(product.gradients["x0"], sample.upstream)


def test_the_graph_of_a_loss_has_its_target() -> None:
    graph, feeds = as_graph(Sample(CrossEntropy(), (X, labels((3,), 5)), None))
    assert [v.name for v in graph.targets] == ["x1"]
    assert graph.losses[0].value is graph.nodes[0].outputs[0]
    assert feeds["x1"].dtype == np.int32


def test_the_graph_of_a_regulariser_has_its_parameters() -> None:
    graph, _ = as_graph(Sample(L2(), (X, X[0]), None))
    assert graph.inputs == ()
    assert [(p.path, p.trainable) for p in graph.parameters] == [("x0", True), ("x1", True)]
