import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.nt_xent import NTXent
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(temperature):
    """Algorithm 1 of the paper, view by view."""

    def loss(a, b):
        views = [row / np.sqrt(row @ row) for pair in zip(a, b, strict=True) for row in pair]
        losses = []
        for i, view in enumerate(views):
            others = [k for k in range(len(views)) if k != i]
            scores = np.exp([view @ views[k] / temperature for k in others])
            losses.append(-np.log(scores[others.index(i ^ 1)] / scores.sum()))
        return np.mean(losses)

    return loss


A, B = distinct((5, 7)), distinct((5, 7), seed=1)
SAMPLES = [
    Sample(NTXent(), (A, B), reference(0.5)),
    Sample(NTXent(0.1), (A, B), reference(0.1), title="a low temperature"),
    Sample(NTXent(), (distinct((19, 3)), distinct((19, 3), seed=1)), reference(0.5), title="more samples than lanes"),
]

NEAR = Sample(NTXent(0.005), (A, A + 1e-3 * B), None, title="hardly any temperature")
EDGES = [
    Sample(NTXent(), (A[:1], B[:1]), lambda a, b: 0.0, title="a single sample"),
    Sample(NTXent(), (1e-7 * A, 1e12 * B), lambda a, b: reference(0.5)(A, B), title="small and large"),
]


def test_lengths_do_not_matter() -> None:
    lengths = distinct((5, 1), low=0.1, high=9)
    assert run(Sample(NTXent(), (lengths * A, 3 * B), None)).output == pytest.approx(run(SAMPLES[0]).output, rel=1e-12)


def test_a_low_temperature_does_not_overflow() -> None:
    result = run(NEAR, dtype=np.float32)
    assert result.output == pytest.approx(0, abs=1e-6)
    assert all(np.isfinite(g).all() for g in result.gradients.values())


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([(7,)], "two embeddings of the same samples: `from: [a, b]`"),
        ([(7,), (5,)], "twice (N, 7)"),
        ([(7, 1, 1), (7, 1, 1)], "a value of rank 2 (N, features)"),
    ],
)
def test_two_embeddings_of_one_length(shapes: list[tuple[int, ...]], expected: str) -> None:
    with pytest.raises(AttributeProblem) as problem:
        NTXent().infer(*(TensorType.batched(*shape) for shape in shapes))
    assert problem.value.expected == expected
