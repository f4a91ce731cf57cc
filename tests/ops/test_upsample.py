import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.upsample import Upsample
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def linear(x, axis, places):
    """Interpolated at the places along an axis; before the first position and behind the last, it stays the same."""
    low = np.clip(np.floor(places).astype(int), 0, x.shape[axis] - 1)
    high = np.clip(np.floor(places).astype(int) + 1, 0, x.shape[axis] - 1)
    part = (places - np.floor(places)).reshape([-1 if k == axis else 1 for k in range(4)])
    return np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part


def halves(count, factor):
    return (np.arange(count) + 0.5) / factor - 0.5


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Upsample(2), (X,), lambda x: x.repeat(2, axis=2).repeat(2, axis=3), title="2"),
    Sample(
        Upsample((1.5, 0.5)), (X,), lambda x: x[:, :, [0, 0, 1, 2, 2, 3, 4, 4, 5, 6]][:, :, :, ::2][:, :, :, :5],
        title="fractions",
    ),
    Sample(
        Upsample(2, mode="bilinear"), (X,), lambda x: linear(linear(x, 2, halves(14, 2)), 3, halves(22, 2)),
        title="bilinear",
    ),
    Sample(
        Upsample(size=(9, 13), mode="bilinear"), (X,),
        lambda x: linear(linear(x, 2, halves(9, 9 / 7)), 3, halves(13, 13 / 11)), title="bilinear to a size",
    ),
    Sample(
        Upsample(size=(5, 13), mode="bilinear", align_corners=True), (X,),
        lambda x: linear(linear(x, 2, np.linspace(0, 6, 5)), 3, np.linspace(0, 10, 13)), title="corners",
    ),
]  # fmt: skip


def problem_of(op, shape=X.shape):
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(*shape[1:]))
    return problem.value


def test_one_of_factor_and_size() -> None:
    assert problem_of(Upsample()).found == "neither"
    assert problem_of(Upsample(2, size=4)).found == "both"


def test_bad_attributes() -> None:
    assert problem_of(Upsample(2, align_corners=True)).attribute == "align_corners"
    assert problem_of(Upsample(0.1)).found == "0x1"
    assert problem_of(Upsample(2), (3, 5)).code == "rank"


def test_the_size_is_rounded_down() -> None:
    assert Upsample((1.5, 1.3)).infer(TensorType.batched(5, 7, 11))[0] == TensorType.batched(5, 10, 14)


@pytest.mark.parametrize("align_corners", [False, True])
def test_one_pixel_fills_the_map(align_corners) -> None:
    sample = Sample(Upsample(size=3, mode="bilinear", align_corners=align_corners), (distinct((2, 3, 1, 1)),), None)
    np.testing.assert_allclose(run(sample).output, np.broadcast_to(sample.operands[0], (2, 3, 3, 3)))
