"""shapes: made-up images of circles, squares and triangles, with the class of every pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from graphnet.ir.data import Array, DataSource, Demand, Slot, misfit, only_pair
from graphnet.ir.definitions import SOURCES
from graphnet.ir.settings import Count, NonNegativeCount, NonNegativeNumber
from graphnet.ops.families.figures import KINDS, Figures, in_channels, paint
from graphnet.ops.families.fitting import affordable_samples, fit_field, fit_labels

_COLOURS: Final = np.array([[0.85, 0.35, 0.3], [0.3, 0.75, 0.35], [0.35, 0.4, 0.9]])
"""What circles, squares and triangles tend to."""
_SPREAD: Final = 0.25
"""Standard deviation of a figure's colour."""


@SOURCES.register("shapes", primary="samples")
class Shapes(DataSource):
    """Images of a few figures before a dark ground, to learn segmentation with.

    A target with an axis for rows and one for columns is the class of each pixel: 0 for the ground, 1 for circles, 2
    for squares, 3 for triangles. A network with fewer classes sees no triangles (3), or tells figures from the ground
    (2, or one logit). A target smaller than the image looks at its centre, as networks without padding do. If the
    target is one class, each image shows one figure: 0 a circle, 1 a square, 2 a triangle. Values are from 0 to 1;
    colours tell a class often, but not always.

    Example:
        `train: {data: shapes}` or `train: {data: {shapes: {samples: 256, noise: 0.1}}}`

    Attributes:
        samples: how many; by default 1024, or fewer, down to 64, where they would take more than 256 MiB.
        figures: the most in an image, where the target is a class for each pixel; they may overlap.
        noise: standard deviation of what is added to each pixel.
        seed: of everything random.
    """

    samples: Count | None = None
    figures: Count = 3
    noise: NonNegativeNumber = 0.05
    seed: NonNegativeCount = 0

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        image, *targets = only_pair(demand, "shapes")
        if image.type.rank != 4 or image.type.dtype != "float":
            raise misfit(
                f"shapes cannot feed input '{image.name}'", expected="an image (channels, height, width) in floats",
                found=str(image.type),
            )  # fmt: skip
        target = targets[0] if targets else None
        is_mask = target is not None and target.type.rank >= 3
        kinds = _mask_kinds(target) if target is not None and is_mask else len(KINDS)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        count = self.samples or affordable_samples(demand)
        drawn = self._figures(rng, count, kinds, self.figures if is_mask else 1)
        channels, height, width = image.type.sample_shape
        shown = drawn.draw(height, width)
        colours = _COLOURS[drawn.kind] + rng.normal(0, _SPREAD, (*drawn.kind.shape, 3))
        ground = rng.uniform(0.05, 0.35, (count, 3))
        images = paint(shown, in_channels(colours, channels), in_channels(ground, channels))
        images += rng.standard_normal(images.shape, dtype=np.float32) * np.float32(self.noise)
        arrays = {image.name: np.clip(images, 0, 1, out=images)}
        if target is not None:
            arrays[target.name] = (
                _mask(shown, drawn.kind, target) if is_mask else fit_labels(drawn.kind[:, 0], target, "shapes")
            )
        return arrays

    def _figures(self, rng: np.random.Generator, count: int, kinds: int, most: int) -> Figures:
        kind = rng.integers(0, kinds, (count, most))
        if most == 1:
            kind[:, 0] = rng.permutation(np.arange(count) % kinds)
        kind[np.arange(most) >= rng.integers(1, most + 1, (count, 1))] = -1
        size = kind.shape
        return Figures(
            kind, x=rng.uniform(0.2, 0.8, size), y=rng.uniform(0.2, 0.8, size), radius=rng.uniform(0.14, 0.28, size),
            angle=rng.uniform(0, 2 * np.pi, size),
        )  # fmt: skip


def _mask_kinds(target: Slot) -> int:
    """How many kinds of figures the classes of a mask leave.

    Raises:
        SpecError: the target is no class for each pixel.
    """
    shape = target.type.sample_shape
    fits = (
        (target.kind == "classes" and len(shape) == 2)
        or (target.kind == "binary" and len(shape) == 3)
        or (target.kind == "one_hot" and len(shape) == 3)
    )
    if not fits:
        raise misfit(
            f"shapes cannot feed target '{target.name}'", expected="a class for each pixel, or one for each image",
            found=str(target.type), hint="cross_entropy takes classes",
        )  # fmt: skip
    classes = target.classes or 2
    return len(KINDS) if classes == 2 else min(len(KINDS), classes - 1)


def _mask(shown: Array, kind: Array, target: Slot) -> Array:
    """The class of each pixel, in the form of the target."""
    classes = target.classes or 2
    of_figure = np.concatenate([np.zeros((len(kind), 1), np.int64), kind + 1], axis=1)
    if classes == 2:
        of_figure = np.minimum(of_figure, 1)
    mask = of_figure[np.arange(len(shown))[:, None, None], shown]
    mask = fit_field(mask, target.type.sample_shape[-2:])
    if target.kind == "one_hot":
        return np.moveaxis(np.eye(classes, dtype=np.float32)[mask], -1, 1)
    if target.kind == "binary":
        return mask.astype(np.float32)[:, None]
    return mask.astype(np.int32)
