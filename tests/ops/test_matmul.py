import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.matmul import Matmul
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(subscripts):
    return lambda left, right: np.einsum(subscripts, left, right)


SAMPLES = [
    Sample(Matmul(), (distinct((3, 5, 7)), distinct((3, 7, 2), seed=1)), reference("nik,nkj->nij")),
    Sample(
        Matmul(transpose_right=True), (distinct((2, 19, 3)), distinct((2, 5, 3), seed=1)), reference("nik,njk->nij"),
        title="similarities",
    ),
    Sample(
        Matmul(transpose_left=True), (distinct((2, 3, 5)), distinct((2, 3, 2), seed=1)), reference("nki,nkj->nij"),
        title="left",
    ),
    Sample(
        Matmul(transpose_left=True, transpose_right=True),
        (distinct((2, 2, 3, 5)), distinct((2, 2, 7, 3), seed=1)), reference("nhki,nhjk->nhij"), title="heads",
    ),
]  # fmt: skip


def test_one_multiply_add_for_each_element_and_inner_position() -> None:
    left, right = TensorType.batched(8, 77, 64), TensorType.batched(8, 77, 64)
    assert Matmul(transpose_right=True).infer(left, right) == (TensorType.batched(8, 77, 77),)
    assert Matmul(transpose_right=True).macs(left, right) == 8 * 77 * 77 * 64


def test_matrices_that_do_not_fit() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Matmul().infer(TensorType.batched(5, 7), TensorType.batched(5, 7))
    assert problem.value.expected == "as many rows on the right as columns on the left, 7, and equal axes before them"
    with pytest.raises(AttributeProblem, match="cannot multiply these matrices"):
        Matmul().infer(TensorType.batched(2, 5, 7), TensorType.batched(3, 7, 5))


def test_vectors_are_no_matrices() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Matmul().infer(TensorType.batched(7), TensorType.batched(7))
    assert problem.value.found == "(N, 7) and (N, 7)"
