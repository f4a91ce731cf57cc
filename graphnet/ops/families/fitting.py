"""How sources fit what they have, images and labels, to what a network takes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from graphnet.ir.data import Array, Demand, LateArray, Slot, misfit

_BYTES: Final = 256 * 2**20
"""What made-up data takes at most, unless a spec says how many samples it wants."""


def affordable_samples(demand: Demand) -> int:
    """How many samples to make up: 1024, or fewer, down to 64, where they would take more than 256 MiB."""
    return max(64, min(1024, _BYTES // (4 * sum(slot.type.size for slot in demand.slots) + 1)))


def fit_field(field: Array, shape: tuple[int, ...]) -> Array:
    """A value for each place of an image, for a target of other extents.

    A smaller target looks at the centre, as networks without padding do; a larger one is enlarged.

    Args:
        field: (N, *extents).
        shape: the target's extents.
    """
    for axis, (extent, wanted) in enumerate(zip(field.shape[1:], shape, strict=True), start=1):
        place = np.arange(wanted)
        seen = place + (extent - wanted) // 2 if wanted <= extent else place * extent // wanted
        field = field.take(seen, axis=axis)
    return field


class FittedImages(LateArray):
    """Images of bytes in the shape that a network takes, with values from 0 to 1; each batch is fitted when it is read.

    Args:
        images: (samples, height, width) or (samples, channels, height, width), uint8.
        slot: what the network takes.
        source: in words, for messages.

    Raises:
        SpecError: the images do not fit.
    """

    def __init__(self, images: Array, slot: Slot, source: str) -> None:
        super().__init__((len(images), *slot.type.sample_shape), np.float32)
        self._images, self._slot, self._source = images, slot, source
        self[np.arange(min(1, len(images)))]

    def __getitem__(self, rows: Array) -> Array:
        return fit_images(self._images[rows] / np.float32(255), self._slot, self._source)


def fit_images(images: Array, slot: Slot, source: str) -> Array:
    """Images in the shape that a network takes.

    Where the sizes differ, images are enlarged by the largest whole factor that fits, with bilinear interpolation,
    and then centred on a ground of zeros: 8 x 8 becomes 32 x 32 by a factor of 4, and 28 x 28 by a factor of 3 and
    two rows and columns of zeros on each side. Flat inputs take the rows of such a square one after the other; grey
    images fill all three channels of a colour image.

    Args:
        images: (samples, height, width) or (samples, channels, height, width), floats.
        slot: of shape (channels, height, width), or (size,), or (height, width) if there is one channel.
        source: in words, for messages.

    Raises:
        SpecError: the shape is none of these, or smaller than the images.
    """
    if images.ndim == 3:
        images = images[:, None]
    count, channels, height, width = images.shape
    shape = slot.type.sample_shape
    size = _plane(shape, (channels, height, width))
    if slot.type.dtype != "float" or size is None or size[0] < height or size[1] < width:
        forms = "(1 or 3, H, W) or (H, W)" if channels == 1 else f"({channels}, H, W)"
        raise misfit(
            f"{source} cannot feed input '{slot.name}'",
            expected=f"{forms} of at least {height} x {width} in floats, or a square of as many features",
            found=str(slot.type), hint=f"inputs: {{{slot.name}: [{channels}, {max(32, height)}, {max(32, width)}]}}",
        )  # fmt: skip
    factor = min(size[0] // height, size[1] // width)
    if factor > 1:
        images = _stretch(height, factor) @ images.astype(np.float32) @ _stretch(width, factor).T
    spare = (size[0] - height * factor, size[1] - width * factor)
    borders = [(0, 0), (0, 0), *((s // 2, s - s // 2) for s in spare)]
    padded = np.pad(images, borders).astype(np.float32, copy=False)
    return np.repeat(padded, shape[0] // channels, axis=1) if len(shape) == 3 else padded.reshape(count, *shape)


def _plane(shape: tuple[int, ...], image: tuple[int, int, int]) -> tuple[int, int] | None:
    """Height and width of a shape that holds one image (channels, height, width), or None if it holds none."""
    channels, height, width = image
    match shape:
        case (rows, columns) if channels == 1:
            return rows, columns
        case (count, rows, columns) if count == channels or (count, channels) == (3, 1):
            return rows, columns
        case (size,) if size == channels * height * width:
            return height, width
        case (size,) if size % channels == 0 and math.isqrt(size // channels) ** 2 * channels == size:
            return math.isqrt(size // channels), math.isqrt(size // channels)
        case _:
            return None


def _stretch(size: int, factor: int) -> Array:
    """The matrix (size * factor, size) of linear interpolation, with the centres of the pixels as positions."""
    position = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    weights: Array = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(size)))
    return weights.astype(np.float32)


def fit_labels(labels: Array, slot: Slot, source: str) -> Array:
    """Class numbers in the form that a target takes: as they are, or one-hot.

    Args:
        labels: (samples,), whole numbers from 0.
        slot: the target.
        source: in words, for messages.

    Raises:
        SpecError: the target is no class, or has too few of them.
    """
    count = int(labels.max()) + 1
    flat = slot.type.rank == 1 or (slot.type.rank == 2 and slot.kind != "classes")
    if slot.kind == "values" or not flat:
        raise misfit(
            f"{source} cannot feed target '{slot.name}'", expected="a target that is one class a sample",
            found=str(slot.type), hint="cross_entropy takes classes",
        )  # fmt: skip
    if slot.classes is not None and slot.classes < count:
        raise misfit(
            f"the classes of {source} do not fit target '{slot.name}'", expected=f"{count} classes",
            found=f"a network with {slot.classes}", hint=f"let the last layer have {count} outputs",
        )  # fmt: skip
    if slot.kind == "one_hot" and slot.classes is not None:
        return np.eye(slot.classes, dtype=np.float32)[labels]
    dtype = np.float32 if slot.kind == "binary" else np.int32
    return labels.astype(dtype).reshape(len(labels), *slot.type.sample_shape)
