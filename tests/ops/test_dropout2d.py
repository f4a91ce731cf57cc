import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.dropout2d import Dropout2d
from graphnet.testing.arrays import distinct
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import FROZEN, PREDICTION, Sample, run


def unchanged(x):
    return x


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Dropout2d(), (X,), None, unchanged),
    Sample(Dropout2d(1), (X,), lambda x: 0 * x, unchanged, title="p 1"),
]


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_whole_channels_drop_and_the_others_grow(p: float) -> None:
    sample = Sample(Dropout2d(p), (np.ones((101, 97, 2, 3)),), None)
    result = run(sample)
    channels = result.output.reshape(101, 97, -1)
    assert (channels == channels[:, :, :1]).all()
    kept = channels[:, :, 0] != 0
    np.testing.assert_allclose(channels[kept], 1 / (1 - p))
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / kept.size)
    np.testing.assert_allclose(result.gradients["x0"], result.output * sample.upstream)


@pytest.mark.parametrize("mode", [FROZEN, PREDICTION], ids=["frozen", "prediction"])
def test_nothing_is_computed_where_nothing_drops(mode) -> None:
    types = Sample(Dropout2d(), (X,), None).types
    assert LoweredOperator(Dropout2d(), types, training=mode.training, frozen=mode.frozen).forward_nodes == ()


def test_only_maps_have_channels_to_drop() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Dropout2d().infer(TensorType.batched(5, 7))
    assert problem.value.expected == "a value of rank 4 (N, C, H, W)"
