"""Data sets: what they check, how they split and shuffle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.ir.data import Demand, LateArray, Slot
from graphnet.train.dataset import Dataset

IMAGE = Slot("image", TensorType.batched(1, 3, 5))
LABEL = Slot("label", TensorType.batched(dtype="int32"), "classes", 7, ignored=-100)
DEMAND = Demand((IMAGE,), (LABEL,))
X, T = np.arange(11 * 15.0).reshape(11, 1, 3, 5), np.arange(11) % 7


def bind(**changes: object) -> Dataset:
    return Dataset.bind({"image": X, "label": T, **changes}, DEMAND)


def test_types_are_those_of_the_network() -> None:
    data = bind(image=X.astype(np.uint8), label=T.astype(np.float64)[:, None])
    assert (data.arrays["image"].dtype, data.arrays["label"].dtype) == (np.float32, np.int32)
    assert data.arrays["label"].shape == (11,)
    assert bind(image=X[:, 0]).arrays["image"].shape == (11, 1, 3, 5)
    assert bind(image=X).arrays["image"].dtype == np.float64
    assert bind(label=np.full(11, -100)).arrays["label"].tolist() == [-100] * 11


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": X[:, :, :2]}, r"\(11, 1, 2, 5\)"),
        ({"image": X.reshape(11, 15)}, r"\(11, 15\)"),
        ({"image": X[:7]}, "differ in length.*image: 7, label: 11"),
        ({"image": X[:0], "label": T[:0]}, "no samples"),
        ({"label": T + 1}, "0 to 6.*7 in sample 6"),
        ({"label": T - 2}, "-2 in sample 0"),
        ({"label": T + 0.5}, "no whole numbers"),
        ({"label": np.array(["a"] * 11)}, "no whole numbers"),
        ({"image": np.where(X == 77, np.nan, X)}, "not finite.*one in sample 5"),
        ({"image": X.astype(str)}, "no numbers"),
        ({"image": 3.0}, "does not fit 'image'"),
        ({"lable": T}, "takes no 'lable'"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=f"(?s){words}"):
        bind(**changes)


def test_a_missing_array_is_named_with_what_it_may_be_called() -> None:
    with pytest.raises(SpecError, match=r"(?s)lacks 'label'.*is it called 'labels'"):
        Dataset.bind({"image": X, "labels": T}, DEMAND)


@settings(deadline=None)
@given(count=st.integers(1, 60), share=st.floats(0, 0.999), seed=st.integers(0, 2**32))
def test_a_split_parts_the_samples(count: int, share: float, seed: int) -> None:
    data = Dataset({"t": np.arange(count)})
    kept, held = data.split(share, seed)
    rows = kept.rows.tolist() + (held.rows.tolist() if held else [])
    assert sorted(rows) == list(range(count))
    assert len(kept) >= 1
    assert (len(held) if held else 0) == min(round(count * share), count - 1)
    again = data.split(share, seed)[0]
    np.testing.assert_array_equal(again.rows, kept.rows)


def test_a_split_is_mixed_and_depends_on_the_seed() -> None:
    data = Dataset({"t": np.arange(1000)})
    held = data.split(0.2, 0)[1]
    assert held is not None
    assert 400 < held.batch(np.arange(200))["t"].mean() < 600
    assert not np.array_equal(held.rows, data.split(0.2, 1)[1].rows)


def test_each_epoch_has_an_order_of_its_own_that_depends_on_the_seed_alone() -> None:
    data = bind()
    orders = [data.order(epoch, 3) for epoch in range(3)]
    assert all(sorted(order) == list(range(11)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    np.testing.assert_array_equal(data.order(1, 3), orders[1])
    assert not np.array_equal(data.order(1, 4), orders[1])


def test_samples_are_held_out_for_one_purpose_or_another() -> None:
    data = Dataset({"t": np.arange(1000)})
    held = [data.split(0.1, 3, purpose)[1] for purpose in ("validation", "test")]
    assert None not in held
    assert len(np.intersect1d(*(part.rows for part in held))) < 30


class Late(LateArray):
    def __init__(self, array: np.ndarray) -> None:
        super().__init__(array.shape, array.dtype)
        self._array = array

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self._array[rows]


def test_arrays_that_are_read_late_must_have_the_right_shape() -> None:
    data = bind(image=Late(X))
    assert (data.is_read_late, bind().is_read_late) == (True, False)
    held = data.split(0.4, 0)[1]
    assert held is not None
    np.testing.assert_array_equal(held.batch(np.array([2, 0]))["image"], X[held.rows[[2, 0]]])
    for wrong, words in [(X[:, :, :2], r"\(11, 1, 2, 5\)"), (X[:7], "differ in length")]:
        with pytest.raises(SpecError, match=words):
            bind(image=Late(wrong))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_what_lies_in_a_file_is_checked_and_converted_when_it_is_read(dtype: type, tmp_path: Path) -> None:
    for name, array in (("x", X.astype(dtype)), ("t", T)):
        np.save(tmp_path / f"{name}.npy", array)
    x, t = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("x", "t"))
    data = bind(image=x, label=t)
    assert data.is_read_late
    batch = data.batch(np.array([7, 3]))
    assert (batch["image"].dtype, batch["label"].dtype) == (np.float32, np.int32)
    np.testing.assert_array_equal(batch["image"], X.astype(dtype)[[7, 3]])
    with pytest.raises(SpecError, match=r"\(1, 1, 3, 5\)"):
        Dataset.bind({"image": x, "label": t}, Demand((Slot("image", TensorType.batched(1, 3, 6)),), (LABEL,)))


def test_a_mistake_in_a_file_names_the_sample(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.where(X == 77, np.nan, X))
    np.save(tmp_path / "t.npy", np.where(np.arange(11) == 9, 12, T))
    x, t = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("x", "t"))
    places = np.array([3, 9, 5])
    with pytest.raises(SpecError, match=r"(?s)not finite.*one in sample 5"):
        bind(image=x).batch(places)
    with pytest.raises(SpecError, match=r"(?s)class for 'label'.*12 in sample 9"):
        bind(label=t).batch(places)


def test_a_subset_counts_its_own_samples() -> None:
    kept, held = bind().split(0.4, 0)
    assert held is not None
    assert (len(kept), len(held)) == (7, 4)
    np.testing.assert_array_equal(held.batch(np.array([3, 0]))["label"], T[held.rows[[3, 0]]])
