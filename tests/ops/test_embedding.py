import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.embedding import Embedding
from graphnet.testing.arrays import labels
from graphnet.testing.samples import Sample, run


def reference(x, weight):
    return np.array([weight[token] for token in x.ravel()]).reshape(*x.shape, weight.shape[1])


TOKENS = labels((3, 7), 5)
SAMPLES = [
    Sample(Embedding(5, 3), (TOKENS,), reference),
    Sample(Embedding(37, 19), (labels((2, 23), 37),), reference, title="several blocks"),
    Sample(Embedding(19, 2), (labels((5,), 19),), reference, title="one token a sample"),
    Sample(Embedding(5, 2), (labels((2, 3, 5), 5),), reference, title="maps of tokens"),
]


def test_padding_starts_as_zeros_and_has_no_gradient() -> None:
    """The other rows are as they would be without it."""
    (spec,) = Embedding(5, 3, padding_idx=-2).parameters(TensorType.batched(7, dtype="int32")).values()
    assert (spec.shape, spec.init.name, spec.init.settings) == ((5, 3), "normal", {"zero_rows": (3,)})
    padded, plain = (run(Sample(Embedding(5, 3, k), (TOKENS,), None)) for k in (3, None))
    np.testing.assert_array_equal(padded.output, plain.output)
    expected = plain.gradients["weight"].copy()
    assert expected[3].any()
    expected[3] = 0
    np.testing.assert_array_equal(padded.gradients["weight"], expected)


@pytest.mark.parametrize("padding", [5, -6])
def test_padding_is_a_token(padding: int) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Embedding(5, 3, padding).infer(TensorType.batched(7, dtype="int32"))
    assert (problem.value.attribute, problem.value.expected) == ("padding_idx", "a number from -5 to 4")


def test_tokens_are_whole_numbers() -> None:
    with pytest.raises(AttributeProblem, match="cannot look up") as problem:
        Embedding(5, 3).infer(TensorType.batched(7))
    assert problem.value.hint is not None and "dtype: int32" in problem.value.hint


def test_single_precision_tells_all_tokens_apart() -> None:
    assert np.float32(2**24 - 1) + 1 == 2**24
    with pytest.raises(ValidationError):
        Embedding(2**24 + 1, 3)
