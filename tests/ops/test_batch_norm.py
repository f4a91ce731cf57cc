import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.batch_norm import BatchNorm
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import FROZEN, PREDICTION, Sample, run


def normalised(x, mean, variance, weight, bias, eps):
    shape = (1, -1) + (1,) * (x.ndim - 2)
    mean, variance, weight, bias = (np.reshape(v, shape) for v in (mean, variance, weight, bias))
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def by_batch(eps):
    def compute(x, running_mean, running_var, num_batches_tracked, weight=1.0, bias=0.0):
        axes = tuple(a for a in range(x.ndim) if a != 1)
        ones = np.ones(x.shape[1])
        return normalised(x, x.mean(axes), x.var(axes), weight * ones, bias * ones, eps)

    return compute


def by_running(eps):
    def compute(x, running_mean, running_var, num_batches_tracked, weight=1.0, bias=0.0):
        ones = np.ones(x.shape[1])
        return normalised(x, running_mean, running_var, weight * ones, bias * ones, eps)

    return compute


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(BatchNorm(), (X,), by_batch(1e-5), by_running(1e-5)),
    Sample(BatchNorm(), (distinct((7, 5)),), by_batch(1e-5), by_running(1e-5), title="features"),
    Sample(BatchNorm(), (distinct((3, 5, 7)),), by_batch(1e-5), by_running(1e-5), title="sequences"),
    Sample(BatchNorm(eps=0.1), (X,), by_batch(0.1), by_running(0.1), title="eps"),
    Sample(BatchNorm(affine=False), (X,), by_batch(1e-5), by_running(1e-5), title="not affine"),
]

SINGLE = Sample(BatchNorm(), (distinct((1, 5)),), by_batch(1e-5), by_running(1e-5), title="one element a channel")
SHIFTED = Sample(BatchNorm(affine=False), (X + 30,), by_batch(1e-5), by_running(1e-5), title="large mean")
EDGES = [SINGLE, SHIFTED]


@pytest.mark.parametrize("momentum", [0.1, 0.75, 0.0, 1.0])
def test_running_statistics_follow(momentum: float) -> None:
    sample = Sample(BatchNorm(momentum=momentum), (X,), None)
    before, updates = sample.parameters, run(sample).updates
    assert set(updates) == {"running_mean", "running_var"}
    for name, statistic in (("running_mean", X.mean((0, 2, 3))), ("running_var", X.var((0, 2, 3), ddof=1))):
        np.testing.assert_allclose(updates[name], (1 - momentum) * before[name] + momentum * statistic)


@pytest.mark.parametrize("mode", [FROZEN, PREDICTION], ids=["frozen", "prediction"])
def test_only_training_moves_them(mode) -> None:
    assert run(Sample(BatchNorm(), (X,), None), mode).updates == {}


def test_one_element_a_channel_leaves_everything_finite() -> None:
    result = run(SINGLE)
    assert all(np.isfinite(v).all() for v in (result.output, *result.updates.values(), *result.gradients.values()))


def test_a_large_mean_costs_no_precision() -> None:
    """The mean of squares minus the square of the mean would lose all digits here."""
    x = X + 3000
    result = run(Sample(BatchNorm(affine=False), (x,), None), dtype=np.float32)
    assert np.abs(result.output - run(Sample(BatchNorm(affine=False), (x,), None)).output).max() < 1e-3


def test_parameters_and_buffers() -> None:
    specs = BatchNorm().parameters(TensorType.batched(5, 7, 11))
    assert {n: (s.shape, s.init.name, s.trainable, s.counter) for n, s in specs.items()} == {
        "weight": ((5,), "ones", True, False),
        "bias": ((5,), "zeros", True, False),
        "running_mean": ((5,), "zeros", False, False),
        "running_var": ((5,), "ones", False, False),
        "num_batches_tracked": ((), "zeros", False, True),
    }


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        BatchNorm().infer(TensorType.batched())
    assert problem.value.expected == "features (N, C), or (N, C, L), (N, C, H, W) or (N, C, D, H, W)"
