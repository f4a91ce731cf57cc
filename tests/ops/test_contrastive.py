import math

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.contrastive import Contrastive
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x, y, logit_scale):
    """The pseudocode of the paper's figure 3."""
    logits = np.exp(logit_scale) * x @ y.T
    rows = [np.log(np.exp(row).sum()) - row[n] for n, row in enumerate(logits)]
    columns = [np.log(np.exp(column).sum()) - column[n] for n, column in enumerate(logits.T)]
    return (np.mean(rows) + np.mean(columns)) / 2


X, Y = distinct((5, 7)) / 3, distinct((5, 7), seed=1) / 3
SAMPLES = [
    Sample(Contrastive(), (X, Y), reference),
    Sample(Contrastive(), (distinct((19, 3)), distinct((19, 3), seed=1)), reference, title="more samples than lanes"),
]

HELD = Sample(Contrastive(max_scale=0.2), (X, Y), lambda x, y, logit_scale: reference(x, y, np.log(0.2)), title="held")
EDGES = [
    HELD,
    Sample(Contrastive(), (X[:1], Y[:1]), lambda x, y, logit_scale: 0.0, title="a single sample"),
]


def test_the_scale_starts_at_a_temperature_of_7_percent() -> None:
    types = TensorType.batched(7), TensorType.batched(7)
    (spec,) = Contrastive().parameters(*types).values()
    assert (spec.shape, spec.decay) == ((), False)
    assert spec.init.settings == {"value": pytest.approx(math.log(1 / 0.07))}


def test_the_largest_scale_is_left_only_downwards() -> None:
    """Of two losses whose gradients differ in sign."""
    worse = Sample(Contrastive(max_scale=0.2), (X, -X), None)
    better = Sample(Contrastive(max_scale=0.2), (X, X), None)
    assert worse.parameters["logit_scale"] > np.log(0.2)
    assert run(worse).gradients["logit_scale"] * worse.upstream > 0
    assert run(better).gradients["logit_scale"] == 0
    assert run(Sample(Contrastive(), (X, X), None)).gradients["logit_scale"] * better.upstream < 0


def test_two_embeddings_of_one_length() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Contrastive().infer(TensorType.batched(7), TensorType.batched(5))
    assert problem.value.found == "(N, 7) and (N, 5)"
