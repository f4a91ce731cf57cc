"""Data sources: what they hold, how it fits networks, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the sources
from graphnet.core.diagnostics import RunError, SpecError
from graphnet.core.types import TensorType
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families import array_files
from graphnet.ops.families.fitting import affordable_samples
from graphnet.ops.sources.digits import read_digits

LABEL = Slot("label", TensorType.batched(dtype="int32"), "classes", 10)


def demand(*shape: int, target: Slot | None = LABEL) -> Demand:
    return Demand((Slot("image", TensorType.batched(*shape)),), (target,) if target else ())


def load(name: str, wanted: Demand, folder: Path = Path(), **settings: object):
    return SOURCES[name](**settings).load(wanted, folder)


# -- digits ------------------------------------------------------------------------------------------------------


def test_digits_are_those_of_uci() -> None:
    images, labels = read_digits()
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max()) == (0.0, 1.0)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (images[0, 0] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert labels[:10].tolist() == list(range(10))
    assert images.sum() * 16 == 561718


def test_digits_can_be_told_apart_by_their_nearest_neighbour() -> None:
    images, labels = read_digits()
    flat = images.reshape(len(images), -1)
    train, test = flat[:1200], flat[1200:]
    nearest = ((test[:, None] - train[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert (labels[:1200][nearest] == labels[1200:]).mean() > 0.95


@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 8), (64,)])
def test_digits_of_their_own_size_are_taken_as_they_are(shape: tuple[int, ...]) -> None:
    arrays = load("digits", demand(*shape))
    assert arrays["image"].dtype == np.float32
    np.testing.assert_array_equal(arrays["image"].reshape(-1, 8, 8), read_digits()[0])
    np.testing.assert_array_equal(arrays["label"], read_digits()[1])


def test_digits_are_enlarged_by_whole_factors_and_centred() -> None:
    images = read_digits()[0]
    large = load("digits", demand(1, 32, 32))["image"]
    assert large.shape == (1797, 1, 32, 32)
    means = large.reshape(1797, 8, 4, 8, 4).mean(axis=(2, 4))
    inner = images[:, 1:-1, 1:-1]
    blurred = sum(
        w1 * w2 * images[:, 1 + i : 7 + i, 1 + j : 7 + j]
        for i, w1 in ((-1, 0.125), (0, 0.75), (1, 0.125))
        for j, w2 in ((-1, 0.125), (0, 0.75), (1, 0.125))
    )
    np.testing.assert_allclose(means[:, 1:-1, 1:-1], blurred, atol=1e-6)
    assert inner.shape == blurred.shape
    framed = load("digits", demand(1, 28, 28))["image"][:, 0]
    assert not framed[:, :2].any()
    assert not framed[:, :, 26:].any()
    np.testing.assert_allclose(framed[:, 3:26:3, 3:26:3], images, atol=1e-6)  # factor 3 has pixels in the centres
    np.testing.assert_array_equal(load("digits", demand(784))["image"], framed.reshape(-1, 784))


def test_digits_are_grey_in_all_channels_of_a_colour_image() -> None:
    colour, grey = (load("digits", demand(channels, 11, 17))["image"] for channels in (3, 1))
    np.testing.assert_array_equal(colour, np.concatenate([grey] * 3, axis=1))


def test_digits_fit_other_targets() -> None:
    labels = read_digits()[1]
    one_hot = Slot("label", TensorType.batched(10), "one_hot", 10)
    np.testing.assert_array_equal(load("digits", demand(64, target=one_hot))["label"].argmax(axis=1), labels)
    assert set(load("digits", demand(64, target=None))) == {"image"}


@pytest.mark.parametrize("shape", [(2, 32, 32), (1, 7, 8), (63,), (96,), (1, 1, 8, 8)])
def test_digits_refuse_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(SpecError, match="digits cannot feed input 'image'") as caught:
        load("digits", demand(*shape))
    assert str(TensorType.batched(*shape)) in str(caught.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Slot("label", TensorType.batched(dtype="int32"), "classes", 9), "a network with 9"),
        (Slot("label", TensorType.batched(1)), "cannot feed target"),
        (Slot("label", TensorType.batched(8, 8, dtype="int32"), "classes", 10), "cannot feed target"),
        (Slot("label", TensorType.batched(1), "binary", 2), "a network with 2"),
    ],
)
def test_digits_refuse_other_targets(target: Slot, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load("digits", demand(64, target=target))


def test_digits_have_one_image_a_sample() -> None:
    views = tuple(Slot(name, TensorType.batched(64)) for name in ("view1", "view2"))
    with pytest.raises(SpecError, match="one input"):
        load("digits", Demand(views, ()))


# -- npz ---------------------------------------------------------------------------------------------------------


def test_npz_finds_arrays_by_name_or_translation(tmp_path: Path) -> None:
    x, y = np.arange(14.0).reshape(2, 7), np.array([3, 1])
    np.savez(tmp_path / "a.npz", image=x, label=y)
    np.savez_compressed(tmp_path / "b.npz", x=x, label=y, extra=y)
    for settings in ({"path": "a.npz"}, {"path": "b.npz", "names": {"image": "x"}}):
        arrays = load("npz", demand(7), tmp_path, **settings)
        np.testing.assert_array_equal(arrays["image"], x)
        np.testing.assert_array_equal(arrays["label"], y)


def test_npz_says_what_is_wrong(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros(3), label=np.zeros(3))
    np.savez(tmp_path / "objects.npz", image=np.array([{}], dtype=object), label=np.zeros(1))
    np.save(tmp_path / "single.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("image,label\n1,2\n")
    whole = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SpecError, match=r"(?s)no array 'image'.*found:    x, label"):
        load("npz", demand(7), tmp_path, path="x.npz")
    with pytest.raises(SpecError, match=r"(?s)no 'imge'.*did you mean `image`"):
        load("npz", demand(7), tmp_path, path="x.npz", names={"imge": "x"})
    for path, message in [
        ("none.npz", "there is no data file"),
        ("objects.npz", "cannot read"),
        ("single.npy", "a single array"),
        ("text.npz", "cannot read"),
        ("cut.npz", "cannot read"),
    ]:
        with pytest.raises(RunError, match=message):
            load("npz", demand(7), tmp_path, path=path)


@pytest.mark.parametrize("mapped", [0, 2**26], ids=["mapped", "read"])
def test_large_arrays_are_mapped_unless_they_are_compressed(
    mapped: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "_MAPPED", mapped)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(11, 7)).astype(np.float32), rng.integers(0, 9, 11)
    np.savez(tmp_path / "plain.npz", first=y, image=x, label=y)
    np.savez(tmp_path / "turned.npz", image=np.asfortranarray(x), label=y)
    np.savez_compressed(tmp_path / "packed.npz", image=x, label=y)
    (tmp_path / "files").mkdir()
    np.save(tmp_path / "files" / "image.npy", x)
    np.save(tmp_path / "files" / "labels.npy", y)
    for source, settings in [
        ("npz", {"path": "plain.npz"}), ("npz", {"path": "turned.npz"}), ("npz", {"path": "packed.npz"}),
        ("npy", {"path": "files", "names": {"label": "labels"}}),
    ]:  # fmt: skip
        arrays = load(source, demand(7), tmp_path, **settings)
        np.testing.assert_array_equal(arrays["image"], x)
        np.testing.assert_array_equal(arrays["label"], y)
        is_mapped = mapped == 0 and settings["path"] != "packed.npz"
        assert isinstance(arrays["image"], np.memmap) == is_mapped


def test_npy_says_what_is_wrong(tmp_path: Path) -> None:
    np.savez(tmp_path / "image.npy", x=np.zeros(3))
    (tmp_path / "image.npy.npz").rename(tmp_path / "image.npy")
    np.save(tmp_path / "label.npy", np.zeros(3))
    for settings, words in [
        ({"path": "none"}, "there is no folder"),
        ({"path": "."}, "is an archive of arrays; the source `npz` reads those"),
        ({"path": ".", "names": {"image": "other"}}, "there is no data file .*other.npy"),
    ]:
        with pytest.raises(RunError, match=words):
            load("npy", demand(7), tmp_path, **settings)
    np.save(tmp_path / "image.npy", np.array([{}], dtype=object))
    with pytest.raises(RunError, match=r"cannot read .*image.npy as an .npy file of a plain array"):
        load("npy", demand(7), tmp_path, path=".")
    with pytest.raises(SpecError, match=r"(?s)no 'imge'.*did you mean `image`"):
        load("npy", demand(7), tmp_path, path=".", names={"imge": "x"})


@pytest.mark.parametrize("damage", ["objects", "moved"])
def test_a_damaged_archive_is_not_mapped(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "_MAPPED", 0)
    content = {"objects": np.array([{}], dtype=object), "moved": np.zeros(3)}[damage]
    np.savez(tmp_path / "a.npz", image=content, label=np.zeros(1))
    if damage == "moved":
        whole = (tmp_path / "a.npz").read_bytes()
        (tmp_path / "a.npz").write_bytes(b"XX" + whole[2:])
    with pytest.raises(RunError, match=r"cannot read .*a.npz as an .npz file of plain arrays"):
        load("npz", demand(7), tmp_path, path="a.npz")


# -- csv ---------------------------------------------------------------------------------------------------------

IRIS = "width,length,species\n1.5,2,virginica\n0.5,3e0,setosa\n2,4,virginica\n"


def species(classes: int = 3) -> Demand:
    return Demand(
        (Slot("flower", TensorType.batched(2)),), (Slot("kind", TensorType.batched(dtype="int32"), "classes", classes),)
    )


def test_csv_reads_features_and_numbers_classes(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text("\ufeff" + IRIS, encoding="utf-8")
    arrays = load("csv", species(), tmp_path, path="iris.csv", target="species")
    np.testing.assert_array_equal(arrays["flower"], [[1.5, 2], [0.5, 3], [2, 4]])
    np.testing.assert_array_equal(arrays["kind"], [1, 0, 1])
    arrays = load("csv", species(), tmp_path, path="iris.csv", target="species", features=["length", "width"])
    np.testing.assert_array_equal(arrays["flower"], [[2, 1.5], [3, 0.5], [4, 2]])


def test_csv_without_header_and_with_another_delimiter(tmp_path: Path) -> None:
    (tmp_path / "data.tsv").write_text("2\t1\t0.5\n0\t3\t0.25\n\n")
    arrays = load("csv", species(), tmp_path, path="data.tsv", delimiter="\t", header=False, target=0)
    np.testing.assert_array_equal(arrays["flower"], [[1, 0.5], [3, 0.25]])
    np.testing.assert_array_equal(arrays["kind"], [2, 0])


def test_csv_feeds_images_several_inputs_and_regression(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c,d,y,z\n1,2,3,4,5,6\n7,8,9,10,11,12\n")
    image = Demand((Slot("x", TensorType.batched(1, 2, 2)),), (Slot("t", TensorType.batched(2)),))
    arrays = load("csv", image, tmp_path, path="d.csv", target=["y", "z"])
    np.testing.assert_array_equal(arrays["x"][1, 0], [[7, 8], [9, 10]])
    np.testing.assert_array_equal(arrays["t"], [[5, 6], [11, 12]])
    two = Demand(
        (Slot("left", TensorType.batched(1)), Slot("right", TensorType.batched(3))), (Slot("t", TensorType.batched(1)),)
    )
    arrays = load("csv", two, tmp_path, path="d.csv", target="z", features={"left": "b", "right": ["a", "c", "d"]})
    np.testing.assert_array_equal(arrays["left"], [[2], [8]])
    np.testing.assert_array_equal(arrays["right"], [[1, 3, 4], [7, 9, 10]])


def test_csv_reads_binary_and_one_hot_targets(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text(IRIS)
    flower = (Slot("flower", TensorType.batched(2)),)
    binary = Demand(flower, (Slot("kind", TensorType.batched(1), "binary", 2),))
    one_hot = Demand(flower, (Slot("kind", TensorType.batched(3), "one_hot", 3),))
    assert load("csv", binary, tmp_path, path="iris.csv", target="species")["kind"].tolist() == [[1], [0], [1]]
    assert load("csv", one_hot, tmp_path, path="iris.csv", target="species")["kind"][1].tolist() == [1, 0, 0]


def test_csv_keeps_the_ignored_label(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,y\n1,2,0\n3,4,-100\n")
    ignoring = Demand(
        (Slot("x", TensorType.batched(2)),), (Slot("t", TensorType.batched(dtype="int32"), "classes", 2, ignored=-100),)
    )
    assert load("csv", ignoring, tmp_path, path="d.csv", target="y")["t"].tolist() == [0, -100]


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (IRIS, {}, "`target` must say"),
        (IRIS, {"target": "specie"}, "did you mean `species`"),
        (IRIS, {"target": "species", "features": ["width"]}, "2 columns for flower"),
        (IRIS, {"target": "width", "features": ["length", "width"]}, "1.5 in line 2"),
        (IRIS.replace("3e0", "three"), {"target": "species"}, "'three' in line 3"),
        (IRIS.replace("3e0", ""), {"target": "species"}, "'' in line 3"),
        (IRIS.replace("3e0", "nan"), {"target": "species"}, "'nan' in line 3"),
        (IRIS, {"target": "species", "features": {"flwer": ["width"]}}, "`features` must say"),
    ],
)
def test_csv_says_what_does_not_fit(tmp_path: Path, text: str, settings: dict[str, object], message: str) -> None:
    (tmp_path / "iris.csv").write_text(text)
    with pytest.raises(SpecError, match=message):
        load("csv", species(), tmp_path, path="iris.csv", **settings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no rows"),
        (b"a,b,c\n", "no rows"),
        (b"a,b,a\n1,2,3\n", "two columns named 'a'"),
        (b"a,b,c\n1,2\n", "line 2 .* has 2 cells instead of 3"),
        (b"a,b,c\n\xff\xfe,1,2\n", "cannot read"),
        (b'a,b,c\n"1,2,3\n', "cells instead of"),
    ],
)
def test_csv_refuses_broken_files(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "iris.csv").write_bytes(content)
    with pytest.raises(RunError, match=message):
        load("csv", species(), tmp_path, path="iris.csv", target="c")


def test_csv_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no data file"):
        load("csv", species(), tmp_path, path="iris.csv", target="c")


def test_csv_with_too_many_classes(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text(IRIS + "1,1,versicolor\n")
    with pytest.raises(SpecError, match="let the last layer have 3 outputs"):
        load("csv", species(classes=2), tmp_path, path="iris.csv", target="species")


# -- synthetic ---------------------------------------------------------------------------------------------------

INT = "int32"
NETWORKS = {
    "classes": ([("x", (13,), "float")], Slot("t", TensorType.batched(dtype=INT), "classes", 5)),
    "images": ([("x", (3, 19, 23), "float")], Slot("t", TensorType.batched(dtype=INT), "classes", 5)),
    "two inputs": ([("x", (7,), "float"), ("z", (11,), "float")], Slot("t", TensorType.batched(1))),
    "binary": ([("x", (1, 20, 20), "float")], Slot("t", TensorType.batched(1), "binary", 2)),
    "one hot": ([("x", (13,), "float")], Slot("t", TensorType.batched(5), "one_hot", 5)),
    "tokens": ([("x", (29,), INT)], Slot("t", TensorType.batched(dtype=INT), "classes", 3)),
    "regression": ([("x", (17,), "float")], Slot("t", TensorType.batched(3))),
}


def made(case: str, **settings: object) -> tuple[Demand, dict[str, np.ndarray]]:
    inputs, target = NETWORKS[case]
    tokens = {"float": ("values", None), INT: ("classes", 50)}
    slots = tuple(Slot(name, TensorType.batched(*shape, dtype=dtype), *tokens[dtype]) for name, shape, dtype in inputs)
    wanted = Demand(slots, (target,))
    return wanted, load("synthetic", wanted, **{"samples": 600, **settings})


@pytest.mark.parametrize("case", NETWORKS)
def test_synthetic_data_has_the_shapes_of_the_network_and_follows_its_seed(case: str) -> None:
    wanted, arrays = made(case)
    again, other = made(case)[1], made(case, seed=1)[1]
    for slot in wanted.slots:
        assert arrays[slot.name].shape == (600, *slot.type.sample_shape)
        assert arrays[slot.name].dtype == (np.float32 if slot.type.dtype == "float" else np.int32)
        np.testing.assert_array_equal(arrays[slot.name], again[slot.name])
        assert not np.array_equal(arrays[slot.name], other[slot.name])
    target = arrays["t"]
    if wanted.targets[0].kind in {"classes", "binary"}:
        assert np.unique(target).tolist() == list(range(wanted.targets[0].classes))


def ridge(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Predictions of ridge regression for the second half, learned on the first."""
    x = np.concatenate([features.reshape(len(features), -1), np.ones((len(features), 1))], axis=1)
    half = len(x) // 2
    weights = np.linalg.solve(x[:half].T @ x[:half] + 1e-1 * np.eye(x.shape[1]), x[:half].T @ target[:half])
    return x[half:] @ weights


@pytest.mark.parametrize("case", ["classes", "images", "binary", "one hot", "tokens"])
def test_synthetic_classes_can_be_learned(case: str) -> None:
    arrays = made(case)[1]
    x, target = arrays["x"], arrays["t"]
    if case == "tokens":
        x = np.eye(50)[x]
    labels = target.argmax(axis=1) if case == "one hot" else target.ravel().astype(int)
    predicted = ridge(x, np.eye(labels.max() + 1)[labels]).argmax(axis=1)
    assert (predicted == labels[300:]).mean() > 0.9


def test_synthetic_regression_can_be_learned() -> None:
    arrays = made("regression")[1]
    predicted, true = ridge(arrays["x"], arrays["t"]), arrays["t"][300:]
    assert ((predicted - true) ** 2).mean() < 0.3 * true.var()


def test_synthetic_pixels_have_the_colours_of_their_classes() -> None:
    image = Slot("x", TensorType.batched(2, 21, 17))
    mask = Slot("t", TensorType.batched(13, 9, dtype=INT), "classes", 3)  # a network without padding: its middle
    arrays = load("synthetic", Demand((image,), (mask,)), samples=40)
    pixels = arrays["x"][:, :, 4:17, 4:13].transpose(0, 2, 3, 1).reshape(-1, 2)
    labels = arrays["t"].ravel()
    spread = [pixels[labels == c].mean(axis=0) for c in range(3)]
    assert min(np.linalg.norm(spread[a] - spread[b]) for a, b in [(0, 1), (0, 2), (1, 2)]) > 0.5
    larger = Slot("t", TensorType.batched(42, 34, dtype=INT), "classes", 3)
    assert load("synthetic", Demand((image,), (larger,)), samples=40)["t"].shape == (40, 42, 34)


def test_synthetic_labels_of_tokens_are_the_tokens() -> None:
    tokens = Slot("x", TensorType.batched(11, dtype=INT), "classes", 12)
    tags = Slot("t", TensorType.batched(11, dtype=INT), "classes", 5)
    arrays = load("synthetic", Demand((tokens,), (tags,)), samples=20)
    np.testing.assert_array_equal(arrays["t"], arrays["x"] % 5)


def test_data_that_is_made_up_stays_small_by_default() -> None:
    assert affordable_samples(demand(3, 512, 512)) == 85
    assert affordable_samples(demand(3, 4096, 4096)) == 64
    assert affordable_samples(demand(3)) == len(load("synthetic", demand(3))["image"]) == 1024
