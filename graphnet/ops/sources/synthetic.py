"""synthetic: data made up to be learned, for any network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from graphnet.core.types import product
from graphnet.ir.data import Array, DataSource, Demand, Slot
from graphnet.ir.definitions import SOURCES
from graphnet.ir.settings import Count, NonNegativeCount, NonNegativeNumber
from graphnet.ops.families.fitting import affordable_samples, fit_field

_LATENTS: Final = 16
_CELLS: Final = 4
"""Patterns in images are made of at most this many cells along each axis."""
_KEPT: Final = 0.8
"""How often a token is the one that its class has at that position."""


@SOURCES.register("synthetic", primary="samples")
class Synthetic(DataSource):
    """Inputs and targets that follow from the same hidden numbers, so that the one can be told from the other.

    Each sample belongs to one of as many clusters as the target has classes; its hidden numbers lie around the
    cluster's centre. Float inputs are linear in them, in patterns of a few cells for images, with noise. Tokens are
    mostly those of the cluster. Class targets are the cluster, float targets are sines of the hidden numbers. A class
    for each pixel shows as the pixel's colour; a class for each token is the token itself, wrapped around.

    Example:
        `train: {data: synthetic}` or `train: {data: {synthetic: {samples: 256, noise: 0.5}}}`

    Attributes:
        samples: how many; by default 1024, or fewer, down to 64, where they would take more than 256 MiB.
        noise: standard deviation of what is added to float inputs, whose own is about 1.
        seed: of everything random.
    """

    samples: Count | None = None
    noise: NonNegativeNumber = 0.1
    seed: NonNegativeCount = 0

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        rng = np.random.Generator(np.random.PCG64(self.seed))
        count = self.samples or affordable_samples(demand)
        clusters = min((slot.classes for slot in demand.targets if slot.classes), default=8)
        cluster = rng.permutation(np.arange(count) % clusters)
        centres = rng.normal(0, 1, (clusters, _LATENTS))
        hidden = (centres[cluster] + rng.normal(0, 0.3, (count, _LATENTS))).astype(np.float32)
        arrays = {slot.name: self._input(rng, slot, cluster, hidden) for slot in demand.inputs}
        for slot in demand.targets:
            arrays[slot.name] = self._target(rng, slot, cluster, hidden, demand.inputs, arrays)
        return arrays

    def _input(self, rng: np.random.Generator, slot: Slot, cluster: Array, hidden: Array) -> Array:
        shape = (len(cluster), *slot.type.sample_shape)
        if slot.type.dtype == "float":
            noise = rng.standard_normal(shape, dtype=np.float32)
            noise *= self.noise
            return _waves(rng, slot, hidden) + noise
        limit = slot.classes or 16
        typical = rng.integers(0, limit, (int(cluster.max()) + 1, *shape[1:]))
        return np.where(rng.random(shape) < _KEPT, typical[cluster], rng.integers(0, limit, shape)).astype(np.int32)

    def _target(
        self, rng: np.random.Generator, slot: Slot, cluster: Array, hidden: Array, inputs: tuple[Slot, ...],
        arrays: dict[str, Array],
    ) -> Array:  # fmt: skip
        shape = slot.type.sample_shape
        classes = slot.classes or 2
        if slot.kind == "values":
            return np.sin(_waves(rng, slot, hidden))
        if slot.kind == "one_hot":
            codes = np.eye(classes, dtype=np.float32)[cluster % classes]
            return np.broadcast_to(codes.reshape(*codes.shape, *[1] * (len(shape) - 1)), (len(cluster), *shape)).copy()
        if slot.kind == "classes" and slot.type.rank > 1:
            for given in inputs:
                if given.type.sample_shape == shape and given.kind == "classes":
                    return (arrays[given.name] % classes).astype(np.int32)
                if given.type.dtype == "float" and given.type.rank == slot.type.rank + 1:
                    return _paint(rng, arrays[given.name], shape, classes)
        dtype = np.int32 if slot.kind == "classes" else np.float32
        column = (cluster % classes).astype(dtype).reshape(-1, *[1] * len(shape))
        return np.broadcast_to(column, (len(cluster), *shape)).copy()


def _waves(rng: np.random.Generator, slot: Slot, hidden: Array) -> Array:
    """The hidden numbers through a random linear map, with a standard deviation of about 1; float32."""
    shape = slot.type.sample_shape
    weights = rng.normal(0, _LATENTS**-0.5, (_LATENTS, *shape[:1], *(min(_CELLS, extent) for extent in shape[1:])))
    for axis, extent in enumerate(shape[1:], start=2):
        weights = weights.take(np.arange(extent) * min(_CELLS, extent) // extent, axis=axis)
    flat = weights.reshape(_LATENTS, product(shape)).astype(np.float32)
    return np.asarray(hidden @ flat, dtype=np.float32).reshape(len(hidden), *shape)


def _paint(rng: np.random.Generator, images: Array, shape: tuple[int, ...], classes: int) -> Array:
    """Paint cells of random classes over images, in place, and return the class of each pixel of the target.

    Args:
        images: (N, C, *extents).
        shape: the target's, without N.
        classes: how many colours there are.
    """
    count, channels, *extents = images.shape
    cells = rng.integers(0, classes, (count, *(min(_CELLS, extent) for extent in extents)))
    field = cells
    for axis, extent in enumerate(extents, start=1):
        field = field.take(np.arange(extent) * cells.shape[axis] // extent, axis=axis)
    colours = rng.normal(0, 2, (classes, channels)).astype(np.float32)
    images += np.moveaxis(colours[field], -1, 1)
    return fit_field(field, shape).astype(np.int32)
