import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.kl_divergence import KLDivergence
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def distributions(shape, seed):
    scores = np.exp(distinct(shape, seed=seed))
    return scores / scores.sum(axis=1, keepdims=True)


P, T = distributions((3, 5), 0), distributions((3, 5), 1)
MAPS = np.log(distributions((3, 5, 7, 2), 0)), distributions((3, 5, 7, 2), 1)


def divergences(x, t):
    rows = [zip(*row, strict=True) for row in zip(x, t, strict=True)]
    return np.array([sum(t * (np.log(t) - x) for x, t in row if t) for row in rows])


SAMPLES = [
    Sample(KLDivergence(), (np.log(P), T), lambda x, t: divergences(x, t).sum() / x.size),
    Sample(KLDivergence("batchmean"), (np.log(P), T), lambda x, t: divergences(x, t).mean(), title="batchmean"),
    Sample(
        KLDivergence("sum", log_target=True), (MAPS[0], np.log(MAPS[1])),
        lambda x, t: np.sum(np.exp(t) * (t - x)), title="logarithms of maps",
    ),
]  # fmt: skip

SURE = np.array([[1.0, 0, 0, 0, 0], [0, 0.5, 0, 0.5, 0], [0.2, 0.2, 0.2, 0.2, 0.2]])
EDGES = [
    Sample(KLDivergence("batchmean"), (np.log(P), SURE), lambda x, t: divergences(x, t).mean(), title="zeros"),
]


def test_what_has_no_probability_adds_nothing() -> None:
    found = run(EDGES[0]).gradients
    assert not found["x0"][SURE == 0].any()
    assert not found["x1"][SURE == 0].any()


def test_a_distribution_is_as_far_as_nothing_from_itself() -> None:
    assert run(Sample(KLDivergence("sum"), (np.log(P), P), None)).output == pytest.approx(0, abs=1e-15)


def test_nothing_broadcasts() -> None:
    with pytest.raises(AttributeProblem, match="cannot compare"):
        KLDivergence().infer(TensorType.batched(5), TensorType.batched(1))
