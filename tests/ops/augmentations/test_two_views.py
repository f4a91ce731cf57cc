"""two_views: two images of one, each changed in its own way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.augmentation import Augmentation, Chance, Samples
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS


def views(channels: int, *others: Slot, targets: tuple[Slot, ...] = ()) -> Demand:
    image = TensorType.batched(channels, 12, 17)
    return Demand((Slot("left", image), *others, Slot("right", image)), targets)


def make(demand: Demand, **settings: Any) -> tuple[dict[str, np.ndarray], np.ndarray]:
    two: Augmentation = AUGMENTATIONS["two_views"](**settings)
    two.check(demand)
    (slot, *rest) = two.needs(demand).slots
    rng = np.random.default_rng(0)
    image = rng.uniform(size=(19, *slot.type.sample_shape)).astype(np.float32)
    arrays = {slot.name: image, **{other.name: np.zeros((19, *other.type.sample_shape)) for other in rest}}
    return dict(two.apply(Samples(arrays, demand, Chance.of(np.arange(19), 0))).arrays), image


def test_the_data_has_one_image_and_all_that_the_network_takes_besides() -> None:
    label, tokens = Slot("label", TensorType.batched(dtype="int32"), "classes", 3), Slot("meta", TensorType.batched(5))
    demand = views(3, tokens, targets=(label,))
    needed = AUGMENTATIONS["two_views"](image="photo").needs(demand)
    assert [slot.name for slot in needed.inputs] == ["photo", "meta"]
    assert needed.inputs[0].type == demand.inputs[0].type
    assert needed.targets == (label,)
    made, _ = make(demand, image="photo")
    assert set(made) == {"left", "right", "meta", "label"}


def test_views_go_through_the_same_changes_with_other_numbers() -> None:
    made, image = make(views(1), augment=["random_horizontal_flip", {"normalize": {"mean": 0.5, "std": 0.5}}])
    flips = []
    for name in ("left", "right"):
        plain = made[name] / 2 + 0.5
        flipped = np.isclose(plain, image[..., ::-1], atol=1e-6).all(axis=(1, 2, 3))
        same = np.isclose(plain, image, atol=1e-6).all(axis=(1, 2, 3))
        assert (flipped ^ same).all()
        flips.append(flipped.tolist())
    assert flips[0] != flips[1]
    assert {False, True} == set(flips[0]) == set(flips[1])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_recipe_fits_grey_and_colour_images(channels: int) -> None:
    made, image = make(views(channels))
    assert made["left"].shape == made["right"].shape == image.shape
    assert not np.allclose(made["left"], made["right"])
    assert min(made["left"].min(), made["right"].min()) >= 0
    assert max(made["left"].max(), made["right"].max()) <= 1
    grey = [(made[name] == made[name][:, :1]).all(axis=(1, 2, 3)).mean() for name in ("left", "right")]
    assert (grey == [1, 1]) == (channels == 1)


def test_every_other_augmentation_can_be_a_part_of_a_view() -> None:
    required = {
        "normalize": {"mean": 0, "std": 1}, "color_jitter": {"hue": 0.1}, "cutout": {"size": 3},
        "gaussian_blur": {"kernel_size": 3}, "random_rotation": {"degrees": 3},
    }  # fmt: skip
    parts = [{name: required.get(name, {})} for name in AUGMENTATIONS if name not in ("two_views", "mixup")]
    assert len(AUGMENTATIONS["two_views"](augment=parts).augment) == len(AUGMENTATIONS) - 2
    with pytest.raises(ValidationError, match="no augmentation 'two_views'"):
        AUGMENTATIONS["two_views"](augment=["two_views"])


def test_what_all_data_goes_through_is_left_for_predictions() -> None:
    two = AUGMENTATIONS["two_views"](augment=["random_crop", {"normalize": {"mean": 0.5, "std": 0.5}}])
    assert [part.name for part in two.for_predictions] == ["normalize"]
    assert AUGMENTATIONS["two_views"]().for_predictions == ()


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        (views(3, Slot("image", TensorType.batched(5))), "would confuse the image of the data with 'image'"),
        (Demand((Slot("x", TensorType.batched(3, 8, 8)),), ()), "two images of one"),
        (views(3, Slot("third", TensorType.batched(3, 12, 17))), "two images of one"),
        (
            Demand((Slot("x", TensorType.batched(3, 8, 8)), Slot("y", TensorType.batched(3, 8, 9))), ()),
            "two images of one",
        ),
        (
            views(3, targets=(Slot("mask", TensorType.batched(12, 17, dtype="int32"), "classes", 3),)),
            "one target 'mask'",
        ),
    ],
)
def test_other_networks_are_refused(demand: Demand, words: str) -> None:
    with pytest.raises(AttributeProblem, match=words):
        AUGMENTATIONS["two_views"]().check(demand)


def test_what_makes_no_sense_for_a_view_is_refused() -> None:
    two = AUGMENTATIONS["two_views"](augment=[{"color_jitter": {"hue": 0.1}}])
    with pytest.raises(AttributeProblem, match="cannot change the hue"):
        two.check(views(1))
