"""Augmentations that change values: what they compute, and that they leave targets alone."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem, SpecError
from graphnet.core.types import TensorType
from graphnet.ir.augmentation import Chance
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS

Augment = Callable[..., dict[str, np.ndarray]]

MASK = Slot("mask", TensorType.batched(7, 11, dtype="int32"), "classes", 5)
GREY = np.array([0.299, 0.587, 0.114])[:, None, None]


def images(count: int, channels: int = 3, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, (count, channels, 7, 11)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("color_jitter", {"brightness": 0.5, "hue": 0.2}), ("random_grayscale", {"p": 1.0}),
        ("gaussian_blur", {"kernel_size": 3}), ("normalize", {"mean": 0.4, "std": 0.3}), ("cutout", {"size": 3}),
    ],
)  # fmt: skip
def test_targets_stay_as_they_are(name: str, settings: dict[str, object], augment: Augment) -> None:
    mask = np.arange(5 * 77, dtype=np.int32).reshape(5, 7, 11) % 5
    made = augment(name, images(5), {"mask": (MASK, mask)}, **settings)
    np.testing.assert_array_equal(made["mask"], mask)
    assert not np.array_equal(made["image"], images(5))
    with pytest.raises(AttributeProblem, match=f"{name} needs an image"):
        AUGMENTATIONS[name](**settings).check(Demand((Slot("x", TensorType.batched(77)),), ()))


# -- color_jitter ------------------------------------------------------------------------------------------------


def test_brightness_multiplies(augment: Augment) -> None:
    image = images(200, high=0.5)
    made = augment("color_jitter", image, brightness=0.6)["image"]
    factor = (made / image).reshape(200, -1)
    np.testing.assert_allclose(factor, np.repeat(factor[:, :1], factor.shape[1], axis=1), rtol=1e-5)
    assert 0.4 <= factor.min() < 0.45
    assert 1.55 < factor.max() <= 1.6
    bright = augment("color_jitter", images(50), brightness=3.0)["image"]
    assert (bright.min() >= 0, bright.max()) == (True, 1.0)


@pytest.mark.parametrize("strength", ["contrast", "saturation"])
def test_contrast_and_saturation_blend_with_what_lacks_them(strength: str, augment: Augment) -> None:
    image = images(100, low=0.4, high=0.6).astype(np.float64)
    made = augment("color_jitter", image, **{strength: 0.5})["image"]
    grey = (image * GREY).sum(axis=1, keepdims=True)
    other = grey.mean(axis=(2, 3), keepdims=True) if strength == "contrast" else grey
    factor = ((image - other) * (made - other)).sum(axis=(1, 2, 3)) / ((image - other) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(made, other + factor[:, None, None, None] * (image - other), atol=1e-7)
    assert 0.5 <= factor.min() < 0.6
    assert 1.4 < factor.max() <= 1.5


def test_hue_turns_the_circle_of_colours(augment: Augment) -> None:
    image = images(6).astype(np.float64)
    image[0, :, 0, :4] = [[0, 1, 0.5, 0.2], [0, 1, 0.5, 0.2], [0, 1, 0.5, 0.7]]  # black, white and grey have no hue
    made = augment("color_jitter", image, hue=0.5)["image"]
    turns = Chance.of(np.arange(6), 0).uniform("hue", -0.5, 0.5, (1, 1)).ravel()
    for one, other, turn in zip(image, made, turns, strict=True):
        for before, after in zip(one.reshape(3, -1).T, other.reshape(3, -1).T, strict=True):
            hue, saturation, value = colorsys.rgb_to_hsv(*before)
            np.testing.assert_allclose(after, colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value), atol=1e-6)


def test_changes_happen_in_any_order_and_only_so_often(augment: Augment) -> None:
    """Brightness before contrast gives another image than after it, where values are clipped."""
    image = images(300, channels=1)
    made = augment("color_jitter", image, brightness=0.9, contrast=0.9, p=0.75)["image"].astype(np.float64)
    chance = Chance.of(np.arange(300), 0)
    f, g = (chance.uniform(name, 0.1, 1.9, (1, 1, 1)) for name in ("brightness", "contrast"))

    def contrast(x: np.ndarray) -> np.ndarray:
        return np.clip(g * x + (1 - g) * x.mean(axis=(1, 2, 3), keepdims=True), 0, 1)

    results = {"none": image, "bc": contrast(np.clip(f * image, 0, 1)), "cb": np.clip(f * contrast(image), 0, 1)}
    matches = {key: np.isclose(made, value, atol=1e-5).all(axis=(1, 2, 3)) for key, value in results.items()}
    assert np.logical_or.reduce(list(matches.values())).all()
    assert matches["none"].mean() == pytest.approx(0.25, abs=0.07)
    assert min(matches["bc"].mean(), matches["cb"].mean()) > 0.25
    assert max(matches["bc"].mean(), matches["cb"].mean()) < 0.65


def test_jitter_refuses_what_has_no_colours_or_other_values(augment: Augment) -> None:
    for settings in ({"saturation": 0.1}, {"hue": 0.1}):
        with pytest.raises(AttributeProblem, match="cannot change the"):
            augment("color_jitter", images(2, channels=1), **settings)
    with pytest.raises(SpecError, match=r"(?s)values from 0 to 1.*`normalize` comes after it"):
        augment("color_jitter", images(2, high=255.0), brightness=0.1)
    with pytest.raises(ValidationError):
        AUGMENTATIONS["color_jitter"](hue=0.6)


# -- the others --------------------------------------------------------------------------------------------------


def test_grayscale_is_the_luminance_in_all_channels(augment: Augment) -> None:
    image = images(400)
    made = augment("random_grayscale", image, p=0.2)["image"]
    grey = np.repeat((image * GREY).sum(axis=1, keepdims=True), 3, axis=1)
    changed = np.isclose(made, grey, atol=1e-6).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(made[~changed], image[~changed])
    assert changed.mean() == pytest.approx(0.2, abs=0.06)
    with pytest.raises(AttributeProblem, match="cannot change the colours"):
        augment("random_grayscale", images(2, channels=1))


def test_blur_is_a_convolution_with_a_gaussian(augment: Augment) -> None:
    image = images(3).astype(np.float64)
    made = augment("gaussian_blur", image, kernel_size=5, sigma=(0.5, 3.0))["image"]
    sigma = Chance.of(np.arange(3), 0).uniform("sigma", 0.5, 3.0)
    tap = np.arange(-2, 3)
    framed = np.pad(image, [(0, 0), (0, 0), (2, 2), (2, 2)], mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(framed, (5, 5), axis=(2, 3))
    for k in range(3):
        kernel = np.exp(-(tap[:, None] ** 2 + tap**2) / (2 * sigma[k] ** 2))
        np.testing.assert_allclose(made[k], np.einsum("cyxab,ab->cyx", windows[k], kernel / kernel.sum()), rtol=1e-5)
    untouched = augment("gaussian_blur", image, kernel_size=5, p=0.0)["image"]
    np.testing.assert_array_equal(untouched, image)
    with pytest.raises(AttributeProblem, match="larger kernel than the image"):
        augment("gaussian_blur", image, kernel_size=15)


def test_normalize_subtracts_and_divides_channel_by_channel(augment: Augment) -> None:
    mean, std = (0.1, 0.2, 0.3), (0.5, 1.0, 2.0)
    made = augment("normalize", images(3), mean=mean, std=std)["image"]
    expected = [(images(3)[:, k] - mean[k]) / std[k] for k in range(3)]
    np.testing.assert_allclose(made, np.stack(expected, axis=1), rtol=1e-5, atol=1e-6)
    one = augment("normalize", images(3), mean=0.5, std=(0.25,))["image"]
    np.testing.assert_allclose(one, (images(3) - 0.5) * 4, rtol=1e-5, atol=1e-6)
    with pytest.raises(AttributeProblem, match="does not fit 'image'"):
        augment("normalize", images(3), mean=(0.1, 0.2), std=1.0)
    assert AUGMENTATIONS["normalize"].always


@pytest.mark.parametrize("size", [1, 4, 5])
def test_cutout_covers_squares_around_any_pixel(size: int, augment: Augment) -> None:
    image = images(3000, channels=1, low=1.0, high=2.0)
    made = augment("cutout", image, size=size, fill=-3.0)["image"][:, 0]
    covered = made == -3
    np.testing.assert_array_equal(made[~covered], image[:, 0][~covered])
    corners = set()
    for one in covered:
        rows, columns = one.any(axis=1).nonzero()[0], one.any(axis=0).nonzero()[0]
        assert one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert (len(rows) <= size, len(columns) <= size) == (True, True)
        assert len(rows) == size or rows[0] == 0 or rows[-1] == 6
        corners.add((rows[0], rows[-1], columns[0], columns[-1]))
    assert len(corners) == 77
    two = augment("cutout", image, size=size, count=2, p=0.5)["image"]
    assert (two == 0).any(axis=(1, 2, 3)).mean() == pytest.approx(0.5, abs=0.04)
