"""Augmentations that move pixels: images, and targets that have a value for each pixel, alike."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Augmentation, Chance, Samples, images_of, require_images
from graphnet.ir.data import Array, Demand, Slot


class Geometric(Augmentation):
    """Moves the pixels of each sample in a way of its own.

    Targets with rows and columns (masks, depths) move as the image does. Classes are never interpolated; what comes
    from beyond the border is the label that the loss ignores or, where there is none, 0. A target that is smaller
    than the image belongs to its centre, as in networks without padding.

    Class attributes:
        uncovers: whether places beyond the border can come into view.
    """

    uncovers: ClassVar[bool] = True

    def move(self, pixels: Array, chance: Chance, *, outside: float, smooth: bool) -> Array:
        """Pixels moved.

        Args:
            pixels: (N, C, H, W).
            chance: decides how; the same for all arrays of a sample.
            outside: the value of what comes from beyond the border.
            smooth: whether values may be interpolated.
        """
        raise NotImplementedError

    @property
    def outside(self) -> float:
        """What images have beyond their border."""
        return 0.0

    def check(self, demand: Demand) -> None:
        extents = {slot.type.sample_shape[1:] for slot in require_images(self, demand)}
        if len(extents) > 1:
            raise AttributeProblem(
                f"{self.name} cannot move images of different sizes alike", expected="images of one height and width",
                found=", ".join(map(str, images_of(demand))), code="augment",
            )  # fmt: skip
        (size,) = extents
        for slot in fields_of(demand):
            extent = slot.type.sample_shape[-2:]
            beyond = [whole - own for whole, own in zip(size, extent, strict=True)]
            is_known = not self.uncovers and not any(missing % 2 for missing in beyond)
            if any(beyond) and (min(beyond) < 0 or not (is_known or slot.ignored is not None)):
                raise AttributeProblem(
                    f"{self.name} cannot move target '{slot.name}' as the image",
                    expected=f"a target with {size[0]} rows and {size[1]} columns, as the image has",
                    found=str(slot), code="augment",
                )  # fmt: skip

    def apply(self, samples: Samples) -> Samples:
        images = images_of(samples.demand)
        moved = {
            slot.name: self.move(samples.arrays[slot.name], samples.chance, outside=self.outside, smooth=True)
            for slot in images
        }
        size = images[0].type.sample_shape[1:]
        for slot in fields_of(samples.demand):
            moved[slot.name] = self._moved_field(samples.arrays[slot.name], slot, size, samples.chance)
        return samples.changed(moved)

    def _moved_field(self, field: Array, slot: Slot, size: tuple[int, ...], chance: Chance) -> Array:
        """A target moved as the image, in whose centre it lies."""
        outside = 0 if slot.ignored is None else slot.ignored
        pixels = field.reshape(len(field), -1, *field.shape[-2:])
        before = [(whole - own) // 2 for whole, own in zip(size, field.shape[-2:], strict=True)]
        after = [w - own - b for w, own, b in zip(size, field.shape[-2:], before, strict=True)]
        framed = np.pad(pixels, [(0, 0), (0, 0), *zip(before, after, strict=True)], constant_values=outside)
        moved = self.move(framed, chance, outside=outside, smooth=slot.kind == "values")
        inner = moved[:, :, before[0] : size[0] - after[0], before[1] : size[1] - after[1]]
        return np.ascontiguousarray(inner).reshape(field.shape)


def fields_of(demand: Demand) -> tuple[Slot, ...]:
    """The targets that have rows and columns."""
    return tuple(slot for slot in demand.targets if slot.type.rank >= 3)
