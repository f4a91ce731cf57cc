"""Made-up images of figures: shapes with masks, and captions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the sources
from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.figures import Figures
from graphnet.ops.sources.captions import WORDS

IMAGE = Slot("image", TensorType.batched(3, 23, 29))
MASK = Slot("mask", TensorType.batched(23, 29, dtype="int32"), "classes", 4)
LABEL = Slot("label", TensorType.batched(dtype="int32"), "classes", 3)
TOKENS = Slot("tokens", TensorType.batched(7, dtype="int32"), "classes", 19)


def load(name: str, *inputs: Slot, target: Slot | None = None, **settings: object) -> dict[str, np.ndarray]:
    wanted = Demand(inputs, (target,) if target else ())
    arrays = SOURCES[name](**settings).load(wanted, Path())
    assert set(arrays) == {slot.name for slot in wanted.slots}
    for slot in wanted.slots:
        assert arrays[slot.name].shape[1:] == slot.type.sample_shape
        assert arrays[slot.name].dtype == (np.float32 if slot.type.dtype == "float" else np.int32)
    return arrays


# -- figures -----------------------------------------------------------------------------------------------------


def one(kind: int, **places: float) -> Figures:
    given = {"x": 0.5, "y": 0.5, "radius": 0.25, "angle": 0.0, **places}
    return Figures.one(np.array([kind]), *(np.array([given[name]]) for name in ("x", "y", "radius", "angle")))


@pytest.mark.parametrize(
    ("kind", "area"), [(0, np.pi), (1, 1.6**2), (2, 3 * np.sqrt(3) / 4 * 1.3**2)], ids=["circle", "square", "triangle"]
)
def test_figures_have_the_areas_of_their_formulas_however_they_are_turned(kind: int, area: float) -> None:
    for angle in (0.0, 0.3, 1.1, 2.9):
        covered = one(kind, angle=angle).draw(400, 600)[0]
        assert covered.sum() == pytest.approx(area * 100**2, rel=0.01)
        down, right = np.argwhere(covered).mean(axis=0)
        assert (down, right) == pytest.approx((199.5, 299.5), abs=1)


def test_a_triangle_points_up_and_figures_lie_where_they_are_told() -> None:
    rows = one(2, x=0.25, y=0.75).draw(200, 400)[0].sum(axis=1)
    drawn = rows[rows > 0]
    assert (np.diff(drawn) >= 0).all()
    assert (rows > 0).nonzero()[0].mean() == pytest.approx(150 - 0.25 * (1.3 - 0.65) / 2 * 200, abs=1)


def test_later_figures_lie_in_front_and_none_leaves_the_ground() -> None:
    kinds = np.array([[0, 0], [0, -1], [-1, 0], [-1, -1]])
    same = np.full((4, 2), 0.5)
    shown = Figures(kinds, same, same, same / 2, same * 0).draw(11, 13)
    assert [np.unique(picture).tolist() for picture in shown] == [[0, 2], [0, 1], [0, 2], [0]]


# -- shapes ------------------------------------------------------------------------------------------------------


def test_shapes_follow_their_seed() -> None:
    first, again, other = (load("shapes", IMAGE, target=MASK, samples=13, seed=seed) for seed in (0, 0, 1))
    for name in ("image", "mask"):
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])
    assert 0 <= first["image"].min() < first["image"].max() <= 1


def test_masks_have_every_class_and_say_what_the_pixels_show() -> None:
    arrays = load("shapes", IMAGE, target=MASK, samples=300)
    pixels, classes = arrays["image"].transpose(0, 2, 3, 1).reshape(-1, 3), arrays["mask"].ravel()
    shares = np.bincount(classes, minlength=4) / classes.size
    assert 0.6 < shares[0] < 0.9
    assert min(shares[1:]) > 0.04
    centres = np.stack([pixels[classes == c].mean(axis=0) for c in range(4)])
    nearest = ((pixels[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    right = (nearest == classes).mean()
    assert 0.8 < right < 0.99  # colours tell a lot, but forms are needed for the rest


@pytest.mark.parametrize(("classes", "shown"), [(2, 2), (3, 3), (4, 4), (21, 4)])
def test_networks_of_fewer_classes_see_fewer_kinds(classes: int, shown: int) -> None:
    target = Slot("mask", MASK.type, "classes", classes)
    found = np.unique(load("shapes", IMAGE, target=target, samples=60)["mask"])
    assert found.tolist() == list(range(shown))


def test_masks_come_in_the_form_of_the_target() -> None:
    mask = load("shapes", IMAGE, target=MASK, samples=17)["mask"]
    one_hot = load("shapes", IMAGE, target=Slot("mask", TensorType.batched(4, 23, 29), "one_hot", 4), samples=17)
    np.testing.assert_array_equal(one_hot["mask"].argmax(axis=1), mask)
    assert one_hot["mask"].sum() == mask.size
    binary = load("shapes", IMAGE, target=Slot("mask", TensorType.batched(1, 23, 29), "binary", 2), samples=17)
    np.testing.assert_array_equal(binary["mask"][:, 0], mask > 0)
    middle = Slot("mask", TensorType.batched(13, 11, dtype="int32"), "classes", 4)
    np.testing.assert_array_equal(load("shapes", IMAGE, target=middle, samples=17)["mask"], mask[:, 5:18, 9:20])


def test_shapes_are_a_classification_where_the_network_classifies() -> None:
    arrays = load("shapes", IMAGE, target=LABEL, samples=301)
    assert np.bincount(arrays["label"]).tolist() == [101, 100, 100]
    masks = load("shapes", Slot("image", TensorType.batched(1, 23, 29)), samples=5)
    assert set(masks) == {"image"}


@pytest.mark.parametrize(
    ("image", "target", "words"),
    [
        (Slot("image", TensorType.batched(64)), LABEL, "cannot feed input 'image'"),
        (Slot("image", TensorType.batched(3, 8, 8, dtype="int32"), "classes"), LABEL, "cannot feed input 'image'"),
        (IMAGE, Slot("mask", TensorType.batched(3, 23, 29)), "cannot feed target 'mask'"),
        (IMAGE, Slot("mask", TensorType.batched(3, 23, 29, dtype="int32"), "classes", 4), "cannot feed target 'mask'"),
        (IMAGE, Slot("label", LABEL.type, "classes", 2), "a network with 2"),
    ],
)
def test_shapes_refuse_what_they_cannot_feed(image: Slot, target: Slot, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        load("shapes", image, target=target, samples=7)


# -- captions ----------------------------------------------------------------------------------------------------


def sentences(tokens: np.ndarray) -> list[str]:
    return [" ".join(WORDS[token] for token in row).strip() for row in tokens]


def test_captions_are_all_different_until_every_one_was_said() -> None:
    said = sentences(load("captions", IMAGE, TOKENS, samples=648)["tokens"])
    assert len(set(said[:324])) == len(set(said[324:])) == len(set(said)) == 324
    assert all(len(text.split()) == 6 and text.endswith("<end>") for text in said)


def test_captions_describe_their_images() -> None:
    arrays = load("captions", IMAGE, TOKENS, samples=324, noise=0.0)
    bright = arrays["image"].max(axis=1) > 0.5
    for text, image, figure in zip(sentences(arrays["tokens"]), arrays["image"], bright, strict=True):
        colour, _, size, row, column, _ = text.split()
        down, right = np.argwhere(figure).mean(axis=0)
        assert ("top", "middle", "bottom")[int(3 * down / 23)] == row
        assert ("left", "centre", "right")[int(3 * right / 29)] == column
        assert (figure.sum() > 43) == (size == "large")
        if colour in {"red", "green", "blue"}:
            assert ("red", "green", "blue")[image[:, figure].mean(axis=1).argmax()] == colour


def test_captions_fit_other_lengths() -> None:
    seven = load("captions", IMAGE, TOKENS, samples=11)["tokens"]
    assert (seven[:, 5] == 1).all()
    assert not seven[:, 6].any()
    for length in (1, 3, 12):
        other = load(
            "captions", IMAGE, Slot("tokens", TensorType.batched(length, dtype="int32"), "classes"), samples=11
        )
        np.testing.assert_array_equal(other["tokens"][:, :7], seven[:, :length])
        assert not other["tokens"][:, 7:].any()


def test_a_target_of_captions_is_whether_they_belong_to_the_image() -> None:
    true = load("captions", IMAGE, TOKENS, samples=324)
    for slot in (Slot("same", LABEL.type, "classes", 2), Slot("same", TensorType.batched(1), "binary", 2)):
        some = load("captions", IMAGE, TOKENS, samples=324, target=slot)
        np.testing.assert_array_equal(some["image"], true["image"])
        same = (some["tokens"] == true["tokens"]).all(axis=1)
        np.testing.assert_array_equal(some["same"].ravel(), same)
        assert same.sum() == 162


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ((IMAGE,), "cannot feed this network"),
        ((IMAGE, IMAGE), "cannot feed this network"),
        ((IMAGE, Slot("tokens", TOKENS.type, "classes", 18)), "at least 19 tokens"),
    ],
)
def test_captions_refuse_what_they_cannot_feed(inputs: tuple[Slot, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        load("captions", *inputs, samples=7)
