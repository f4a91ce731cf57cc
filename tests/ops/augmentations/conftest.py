"""Samples to augment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the augmentations
from graphnet.core.types import TensorType
from graphnet.ir.augmentation import Augmentation, Chance, Samples
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS


def slot(name: str, *shape: int, kind: str = "values", **facts: Any) -> Slot:
    return Slot(name, TensorType.batched(*shape, dtype="int32" if kind == "classes" else "float"), kind, **facts)


@pytest.fixture
def augment() -> Callable[..., dict[str, np.ndarray]]:
    """Applies an augmentation to images, and to targets if there are any."""

    def apply(
        name: str, image: np.ndarray, targets: dict[str, tuple[Slot, np.ndarray]] | None = None, seed: int = 0,
        **settings: Any,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        augmentation: Augmentation = AUGMENTATIONS[name](**settings)
        targets = targets or {}
        demand = Demand((slot("image", *image.shape[1:]),), tuple(slot for slot, _ in targets.values()))
        augmentation.check(demand)
        arrays = {"image": image, **{name: array for name, (_, array) in targets.items()}}
        kept = {name: array.copy() for name, array in arrays.items()}
        samples = Samples(arrays, demand, Chance.of(np.arange(len(image)), seed))
        made = dict(augmentation.apply(samples).arrays)
        again = augmentation.apply(samples).arrays
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, kept[key], "it changed its input")
            np.testing.assert_array_equal(made[key], again[key])
            assert (made[key].shape, made[key].dtype) == (array.shape, array.dtype)
        return made

    return apply
