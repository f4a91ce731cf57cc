"""Random batches for any network, from what it takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.ir.data import Slot, demand_of
from graphnet.ir.graph import Graph

Array = np.ndarray[Any, Any]


def random_batch(graph: Graph, samples: int, *, seed: int = 0) -> dict[str, Array]:
    """Inputs and targets by name: normal numbers, classes, zeros and ones, as the layers and losses need them.

    Args:
        graph: of the network.
        samples: how many.
        seed: of the numbers.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    return {slot.name: _random(slot, samples, rng) for slot in demand_of(graph).slots}


def _random(slot: Slot, samples: int, rng: np.random.Generator) -> Array:
    shape = (samples, *slot.type.sample_shape)
    match slot.kind:
        case "classes":
            return rng.integers(0, slot.classes or 2, shape).astype(np.int32)
        case "binary":
            return rng.integers(0, 2, shape).astype(np.float64)
        case "one_hot":
            labels = rng.integers(0, shape[1], (samples, *shape[2:]))
            return np.moveaxis(np.eye(shape[1])[labels], -1, 1)
    return rng.standard_normal(shape)
