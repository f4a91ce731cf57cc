"""Augmentations that move pixels: where each pixel of the result comes from, for images and masks alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ops.families.geometry import Geometric

Augment = Callable[..., dict[str, np.ndarray]]

H, W = 7, 11
IMAGE = Slot("image", TensorType.batched(2, H, W))
MASK = Slot("mask", TensorType.batched(H, W, dtype="int32"), "classes", 5, ignored=-100)
GEOMETRIC = {
    "random_horizontal_flip": {}, "random_vertical_flip": {}, "random_crop": {"padding": 2},
    "random_resized_crop": {"scale": (0.2, 0.6)}, "random_rotation": {"degrees": 30},
    "random_affine": {"degrees": 20, "translate": (0.2, 0.1), "scale": (0.7, 1.3), "shear": 15},
    "elastic_transform": {"alpha": 4.0, "sigma": 1.5},
}  # fmt: skip


def places(count: int, height: int = H, width: int = W) -> np.ndarray:
    """Images whose two channels are the row and the column, (N, 2, H, W), float64."""
    rows, columns = np.indices((height, width), dtype=float)
    return np.repeat(np.stack([rows, columns])[None], count, axis=0)


def interpolated(image: np.ndarray, row: float, column: float, fill: float) -> np.ndarray:
    """One value of an image (C, H, W) between its pixels, by the definition of bilinear interpolation."""
    total = np.zeros(len(image))
    for r in (math.floor(row), math.floor(row) + 1):
        for c in (math.floor(column), math.floor(column) + 1):
            weight = (1 - abs(row - r)) * (1 - abs(column - c))
            inside = 0 <= r < image.shape[1] and 0 <= c < image.shape[2]
            total += weight * (image[:, r, c] if inside else fill)
    return total


def test_all_geometric_augmentations_are_here() -> None:
    assert set(GEOMETRIC) == {name for name, cls in AUGMENTATIONS.items() if issubclass(cls, Geometric)}


@pytest.mark.parametrize("name", GEOMETRIC)
def test_masks_move_as_images_do(name: str, augment: Augment) -> None:
    image = np.concatenate([places(13), np.ones((13, 1, H, W))], axis=1)
    numbers = np.arange(H * W, dtype=np.int32).reshape(H, W)
    mask = np.repeat(numbers[None], 13, axis=0)
    targets = {
        "mask": (MASK, mask),
        "one_hot": (Slot("one_hot", TensorType.batched(H * W, H, W), "one_hot", H * W),
                    np.repeat(np.eye(H * W, dtype=np.float32)[numbers].transpose(2, 0, 1)[None], 13, axis=0)),
        "depth": (Slot("depth", TensorType.batched(H, W)), image[:, 1].copy()),
    }  # fmt: skip
    made = augment(name, image, targets, **GEOMETRIC[name])
    assert not np.array_equal(made["image"], image)
    np.testing.assert_allclose(made["depth"], made["image"][:, 1])
    known = made["mask"] != -100
    np.testing.assert_array_equal(made["one_hot"].sum(axis=1), known)
    np.testing.assert_array_equal(made["one_hot"].argmax(axis=1)[known], made["mask"][known])
    # where nothing from beyond the border is blended in, the nearest pixel is at most half a pixel away
    row, column, inside = np.moveaxis(made["image"], 1, 0)
    inside = inside > 1 - 1e-9
    assert known[inside].all()
    assert inside.mean() > 0.4
    assert np.abs(made["mask"] // W - row)[inside].max() <= 0.5 + 1e-6
    assert np.abs(made["mask"] % W - column)[inside].max() <= 0.5 + 1e-6


@pytest.mark.parametrize("name", GEOMETRIC)
def test_a_mask_of_the_centre_stays_with_the_centre(name: str, augment: Augment) -> None:
    """As in networks without padding. What was never labelled is ignored."""
    image, mask = places(13), np.repeat(np.arange(15, dtype=np.int32).reshape(1, 3, 5), 13, axis=0)
    small = Slot("mask", TensorType.batched(3, 5, dtype="int32"), "classes", 15, ignored=-100)
    made = augment(name, image, {"mask": (small, mask)}, **GEOMETRIC[name])
    whole = np.full((13, H, W), -100, np.int32)
    whole[:, 2:5, 3:8] = mask
    expected = augment(name, image, {"mask": (MASK, whole)}, **GEOMETRIC[name])["mask"][:, 2:5, 3:8]
    np.testing.assert_array_equal(made["mask"], expected)


@pytest.mark.parametrize("name", GEOMETRIC)
def test_what_cannot_move_alike_is_refused(name: str) -> None:
    augmentation = AUGMENTATIONS[name](**GEOMETRIC[name])
    flat, other = Slot("x", TensorType.batched(49)), Slot("y", TensorType.batched(1, H, W + 1))
    larger = Slot("mask", TensorType.batched(H, 2 * W, dtype="int32"), "classes", 5, ignored=-100)
    odd = Slot("mask", TensorType.batched(H, W - 1, dtype="int32"), "classes", 5)
    for demand, words in [
        (Demand((flat,), ()), f"{name} needs an image"),
        (Demand((IMAGE, other), ()), "different sizes"),
        (Demand((IMAGE,), (larger,)), "cannot move target 'mask'"),
        (Demand((IMAGE,), (odd,)), "cannot move target 'mask'"),
    ]:
        with pytest.raises(AttributeProblem, match=words):
            augmentation.check(demand)
    augmentation.check(Demand((flat, IMAGE), (Slot("label", TensorType.batched(dtype="int32"), "classes", 5),)))


# -- flips -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "axis"), [("random_horizontal_flip", 3), ("random_vertical_flip", 2)])
def test_a_flip_mirrors_or_does_nothing(name: str, axis: int, augment: Augment) -> None:
    image = places(500)
    made = augment(name, image, p=0.3)["image"]
    flipped = (made == np.flip(image, axis)).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(made[~flipped], image[~flipped])
    assert flipped.mean() == pytest.approx(0.3, abs=0.06)
    np.testing.assert_array_equal(augment(name, image, p=1.0)["image"], np.flip(image, axis))


# -- random_crop -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_a_crop_is_a_part_of_the_framed_image(mode: str, augment: Augment) -> None:
    image = np.random.default_rng(0).normal(size=(200, 2, H, W)).astype(np.float32)
    made = augment("random_crop", image, padding=(2, 3), padding_mode=mode, fill=0.25)["image"]
    options = {"constant_values": 0.25} if mode == "constant" else {}
    framed = np.pad(image, [(0, 0), (0, 0), (2, 2), (3, 3)], mode=mode, **options)
    shifts = []
    for one, wide in zip(made, framed, strict=True):
        found = [
            (down, right)
            for down in range(5)
            for right in range(7)
            if np.array_equal(one, wide[:, down : down + H, right : right + W])
        ]
        assert len(found) == 1
        shifts += found
    assert set(shifts) == {(down, right) for down in range(5) for right in range(7)}


def test_a_frame_cannot_mirror_more_than_there_is() -> None:
    crop = AUGMENTATIONS["random_crop"](padding=(3, 11), padding_mode="reflect")
    with pytest.raises(AttributeProblem, match="mirror more than the image"):
        crop.check(Demand((IMAGE,), ()))


# -- random_resized_crop -----------------------------------------------------------------------------------------


def test_a_resized_crop_shows_a_rectangle_of_an_allowed_area_and_ratio(augment: Augment) -> None:
    height, width = 40, 60
    image = places(400, height, width)
    made = augment("random_resized_crop", image, scale=(0.2, 0.5), ratio=(0.5, 2.0))["image"]
    areas, ratios = [], []
    for rows, columns in made:
        assert np.ptp(rows, axis=1).max() < 1e-9
        assert np.ptp(columns, axis=0).max() < 1e-9
        (top, bottom), (left, right) = (rows[0, 0], rows[-1, 0]), (columns[0, 0], columns[0, -1])
        size = {"height": bottom - top + 1, "width": right - left + 1}
        size = {axis: round(extent) for axis, extent in size.items()}
        step = np.clip((np.arange(height) + 0.5) * size["height"] / height - 0.5, 0, size["height"] - 1)
        np.testing.assert_allclose(rows[:, 0], round(top) + step, atol=1e-9)
        step = np.clip((np.arange(width) + 0.5) * size["width"] / width - 0.5, 0, size["width"] - 1)
        np.testing.assert_allclose(columns[0], round(left) + step, atol=1e-9)
        areas.append(size["height"] * size["width"] / (height * width))
        ratios.append(size["width"] / size["height"])
    assert 0.18 < min(areas) < 0.25
    assert 0.45 < max(areas) < 0.53
    assert 0.45 < min(ratios) < 0.6
    assert 1.7 < max(ratios) < 2.1
    assert np.mean(np.array(ratios) > 1) == pytest.approx(0.5, abs=0.08)


def test_without_a_rectangle_that_fits_the_largest_one_in_the_centre_is_taken(augment: Augment) -> None:
    made = augment("random_resized_crop", places(3, 10, 40), scale=(1, 1), ratio=(1, 1))["image"]
    np.testing.assert_array_equal(made[:, 0, :, 0], np.repeat(np.arange(10.0)[None], 3, axis=0))
    assert (made[:, 1].min(), made[:, 1].max()) == (15, 24)


# -- rotation and affine maps ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("degrees", "quarters"), [(90, 1), (180, 2), (-90, 3)])
def test_quarter_turns_are_counter_clockwise(degrees: float, quarters: int, augment: Augment) -> None:
    image = np.random.default_rng(1).normal(size=(3, 2, 9, 9))
    made = augment("random_rotation", image, degrees=(degrees, degrees))["image"]
    np.testing.assert_allclose(made, np.rot90(image, quarters, axes=(2, 3)), atol=1e-12)


def test_an_affine_map_takes_each_pixel_from_where_the_formula_says(augment: Augment) -> None:
    image = np.random.default_rng(2).normal(size=(5, 2, H, W))
    settings: dict[str, Any] = {
        "degrees": (-50, 70), "translate": (0.3, 0.2), "scale": (0.6, 1.5), "shear": (-20, 30), "fill": 0.7,
    }  # fmt: skip
    made = augment("random_affine", image, **settings)["image"]
    chance = Chance.of(np.arange(5), 0)
    angle, scale = np.radians(chance.uniform("angle", -50, 70)), chance.uniform("scale", 0.6, 1.5)
    shear, shift = np.radians(chance.uniform("shear", -20, 30)), chance.uniform("shift", -1, 1, (2,))
    for k, one in enumerate(image):
        turn = np.array([[np.cos(angle[k]), np.sin(angle[k])], [-np.sin(angle[k]), np.cos(angle[k])]])
        slant = scale[k] * np.array([[1, np.tan(shear[k])], [0, 1]])
        moved = shift[k] * np.array([0.3 * W, 0.2 * H])
        for row in range(H):
            for column in range(W):
                there = np.array([column - (W - 1) / 2, row - (H - 1) / 2])
                x, y = np.linalg.solve(turn @ slant, there - moved)
                expected = interpolated(one, y + (H - 1) / 2, x + (W - 1) / 2, 0.7)
                np.testing.assert_allclose(made[k, :, row, column], expected, atol=1e-9)


def test_a_rotation_is_an_affine_map(augment: Augment) -> None:
    image = np.random.default_rng(3).normal(size=(5, 2, H, W)).astype(np.float32)
    turned = augment("random_rotation", image, degrees=25, fill=0.5)["image"]
    np.testing.assert_array_equal(turned, augment("random_affine", image, degrees=25, fill=0.5)["image"])
    assert not np.array_equal(turned, image)


# -- elastic_transform -------------------------------------------------------------------------------------------


def test_elastic_displacements_are_smoothed_noise(augment: Augment) -> None:
    height, width, sigma, alpha = 41, 47, 3.0, 9.0
    made = augment("elastic_transform", places(4, height, width), alpha=alpha, sigma=sigma)["image"]
    moved = made - places(4, height, width)
    noise = Chance.of(np.arange(4), 0).uniform("displacement", -1, 1, (2, height, width))
    tap = np.arange(-9, 10)
    bell = np.exp(-(tap**2) / (2 * sigma**2))
    bell /= bell.sum()
    inner = (slice(None), slice(None), slice(12, -12), slice(12, -12))
    framed = np.pad(noise, [(0, 0), (0, 0), (9, 9), (9, 9)], mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(framed, (19, 19), axis=(2, 3))
    expected = alpha * np.einsum("ncyxab,a,b->ncyx", windows, bell, bell)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(moved[inner], expected[inner], atol=1e-4)


def test_elastic_needs_an_image_larger_than_its_gaussian() -> None:
    with pytest.raises(AttributeProblem, match="too smooth for the image"):
        AUGMENTATIONS["elastic_transform"]().check(Demand((IMAGE,), ()))
