import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.ops.dropout import Dropout
from graphnet.testing.arrays import distinct
from graphnet.testing.evaluate import evaluate
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import FROZEN, PREDICTION, Sample, run


def unchanged(x):
    return x


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Dropout(), (X,), None, unchanged),
    Sample(Dropout(0.2), (X,), None, unchanged, title="p 0.2"),
    Sample(Dropout(0), (X,), unchanged, title="p 0"),
    Sample(Dropout(1), (X,), lambda x: 0 * x, unchanged, title="p 1"),
]


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_survivors_grow_so_that_the_expectation_stays(p: float) -> None:
    y = run(Sample(Dropout(p), (np.ones((101, 997)),), None)).output
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - p))
    deviation = np.sqrt(p * (1 - p) / y.size)
    assert abs(kept.mean() - (1 - p)) < 5 * deviation


def test_the_gradient_has_the_mask_of_the_output() -> None:
    sample = Sample(Dropout(0.5), (X,), None)
    result = run(sample)
    np.testing.assert_allclose(result.gradients["x0"], np.where(result.output == 0, 0, 2 * sample.upstream))


def test_masks_change_from_step_to_step_and_with_the_seed() -> None:
    lowered = LoweredOperator(Dropout(0.5), Sample(Dropout(), (X,), None).types)
    bindings = {lowered.inputs[0]: X}

    def dropped(seed: int, step: int) -> np.ndarray:
        known = evaluate(lowered.forward_nodes, bindings, 3, seed=seed, step=step)
        return known[lowered.outputs[0]] == 0

    base = dropped(0, 0)
    np.testing.assert_array_equal(base, dropped(0, 0))
    for other in (dropped(0, 1), dropped(1, 0), dropped(1, 1)):
        assert 0.4 < (base != other).mean() < 0.6


@pytest.mark.parametrize("mode", [FROZEN, PREDICTION], ids=["frozen", "prediction"])
def test_nothing_is_computed_where_nothing_drops(mode) -> None:
    types = Sample(Dropout(), (X,), None).types
    assert LoweredOperator(Dropout(), types, training=mode.training, frozen=mode.frozen).forward_nodes == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, "0.5", None])
def test_p_is_a_probability(p: object) -> None:
    with pytest.raises(ValidationError):
        Dropout(p)
