import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.attention import Attention
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(heads, causal=False):
    """Head by head, position by position."""

    def compute(x, **parameters):
        samples, length, features = x.shape
        d = features // heads
        q, k, v = np.split(x @ parameters["in_proj_weight"].T + parameters.get("in_proj_bias", 0.0), 3, axis=2)
        gathered = np.zeros_like(x)
        for n, head, position in np.ndindex(samples, heads, length):
            own = slice(head * d, (head + 1) * d)
            seen = position + 1 if causal else length
            scores = k[n, :seen, own] @ q[n, position, own] / np.sqrt(d)
            shares = np.exp(scores) / np.exp(scores).sum()
            gathered[n, position, own] = shares @ v[n, :seen, own]
        return gathered @ parameters["out_proj.weight"].T + parameters.get("out_proj.bias", 0.0)

    return compute


X = distinct((2, 5, 6))
SAMPLES = [
    Sample(Attention(2), (X,), reference(2)),
    Sample(Attention(3, causal=True, bias=False), (X,), reference(3, True), title="causal"),
    Sample(Attention(1, causal=True), (distinct((2, 19, 3)),), reference(1, True), title="one head, several blocks"),
]


def test_it_declares_pytorchs_parameters() -> None:
    specs = Attention(2).parameters(TensorType.batched(5, 6))
    assert {name: spec.shape for name, spec in specs.items()} == {
        "in_proj_weight": (18, 6), "in_proj_bias": (18,), "out_proj.weight": (6, 6), "out_proj.bias": (6,),
    }  # fmt: skip
    assert list(Attention(2, bias=False).parameters(TensorType.batched(5, 6))) == ["in_proj_weight", "out_proj.weight"]


def test_what_comes_later_changes_nothing_if_it_is_causal() -> None:
    changed = X.copy()
    changed[:, 3:] += 1
    before, after = (run(Sample(Attention(2, causal=True), (x,), None)).output for x in (X, changed))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert not np.isclose(before[:, 3:], after[:, 3:]).any()


def test_large_scores_do_not_overflow() -> None:
    assert np.isfinite(run(Sample(Attention(2), (1e4 * X,), None), dtype=np.float32).output).all()


def test_heads_divide_the_features() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Attention(4).infer(TensorType.batched(5, 6))
    assert (problem.value.attribute, problem.value.expected) == ("heads", "heads that divide 6")


def test_sequences_only() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Attention(2).infer(TensorType.batched(6))
    assert problem.value.expected == "a value of rank 3 (N, length, features)"
