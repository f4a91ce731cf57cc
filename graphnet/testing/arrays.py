"""Arrays for tests: seeded, and such that small changes of an element cross no kink and change no maximum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphnet.core.types import product

Array = np.ndarray[Any, Any]


def distinct(shape: Sequence[int], *, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """Numbers between `low` and `high` in random order, all different: the range divided by their count apart.

    For the default range none is closer to zero than a quarter of that.
    """
    count = product(shape)
    order = np.random.default_rng(seed).permutation(count)
    return np.asarray(low + (high - low) * (order + 0.75) / count).reshape(shape)


def labels(shape: Sequence[int], classes: int, *, seed: int = 0) -> Array:
    """Whole numbers from 0 to `classes` - 1."""
    return np.random.default_rng(seed).integers(0, classes, tuple(shape)).astype(np.int32)
