"""Images read at other places than their pixels."""

from __future__ import annotations

import numpy as np

from graphnet.ir.data import Array


def sample_at(pixels: Array, rows: Array, columns: Array, *, outside: float, smooth: bool) -> Array:
    """Values at places of images.

    Args:
        pixels: (N, C, H, W).
        rows, columns: the place that each pixel of the result shows, (N, H, W); whole numbers are centres of pixels.
        outside: the value beyond the border.
        smooth: whether to interpolate linearly; otherwise the nearest pixel counts.
    """
    count, channels, height, width = pixels.shape
    framed = np.full((count, height + 2, width + 2, channels), outside, pixels.dtype)
    framed[:, 1:-1, 1:-1] = np.moveaxis(pixels, 1, -1)  # channels last: one place is read at once
    values = framed.reshape(-1, channels)
    rows, columns = (
        np.broadcast_to(np.clip(place, -1, extent) + 1, (count, *place.shape[1:]))
        for place, extent in ((rows, height), (columns, width))
    )
    first = (np.arange(count) * (height + 2) * (width + 2)).reshape(-1, 1, 1)
    if not smooth:
        nearest = first + _whole(rows + 0.5) * (width + 2) + _whole(columns + 0.5)
        return np.ascontiguousarray(np.moveaxis(values.take(nearest, axis=0), -1, 1))
    top, left = np.minimum(_whole(rows), height), np.minimum(_whole(columns), width)
    place = first + top * (width + 2) + left
    # how much of the neighbours below and to the right belongs to each value
    down, right = ((part[..., None]).astype(pixels.dtype) for part in (rows - top, columns - left))
    upper = _blend(values.take(place, axis=0), values.take(place + 1, axis=0), right)
    place += width + 2
    lower = _blend(values.take(place, axis=0), values.take(place + 1, axis=0), right)
    return np.ascontiguousarray(np.moveaxis(_blend(upper, lower, down), -1, 1))


def _whole(places: Array) -> Array:
    return np.floor(places).astype(np.int64)


def _blend(near: Array, far: Array, part: Array) -> Array:
    """near + part (far - near), but exactly `near` and `far` at the ends."""
    blended: Array = near * (1 - part) + far * part
    return blended


def stretch(pixels: Array, first: Array, size: Array, *, smooth: bool) -> Array:
    """Rectangles of images, stretched to the size of the whole.

    Args:
        pixels: (N, C, H, W).
        first: the rectangle's first row and column, (N, 2), whole numbers.
        size: its height and width, (N, 2), whole numbers.
        smooth: whether to interpolate linearly; otherwise the nearest pixel counts.
    """
    for axis in (0, 1):  # rows, then columns: each time they come first, so that whole rows are read
        along_first = np.moveaxis(pixels, 2 + axis, 1)
        pixels = np.moveaxis(_stretch_first(along_first, first[:, axis], size[:, axis], smooth), 1, 2 + axis)
    return np.ascontiguousarray(pixels)


def _stretch_first(pixels: Array, first: Array, size: Array, smooth: bool) -> Array:
    """Ranges of axis 1, stretched to its length."""
    length = pixels.shape[1]
    samples = np.arange(len(pixels))[:, None]
    place = (np.arange(length) + 0.5) * size[:, None] / length - 0.5
    last = (size - 1)[:, None]
    if not smooth:
        nearest: Array = pixels[samples, first[:, None] + np.clip(np.floor(place + 0.5).astype(np.int64), 0, last)]
        return nearest
    place = np.clip(place, 0, last)
    before = np.floor(place).astype(np.int64)
    part = (place - before).astype(pixels.dtype).reshape(*place.shape, *[1] * (pixels.ndim - 2))
    near = pixels[samples, first[:, None] + before]
    return _blend(near, pixels[samples, first[:, None] + np.minimum(before + 1, last)], part)


def windows_at(pixels: Array, first: Array, height: int, width: int) -> Array:
    """Rectangles of images.

    Args:
        pixels: (N, C, H, W).
        first: the rectangle's first row and column, (N, 2), whole numbers.
        height, width: of all rectangles.
    """
    every = np.lib.stride_tricks.sliding_window_view(pixels, (height, width), axis=(2, 3))
    return np.asarray(every[np.arange(len(pixels)), :, first[:, 0], first[:, 1]])


def smoothed(pixels: Array, weights: Array) -> Array:
    """Images convolved with the same symmetric weights along rows and columns; borders are mirrored.

    Args:
        pixels: (N, C, H, W).
        weights: (N, K) with K odd, of which (K - 1) / 2 is less than H and W.
    """
    reach = weights.shape[1] // 2
    for axis in (2, 3):
        length = pixels.shape[axis]
        borders = [(reach, reach) if axis == k else (0, 0) for k in range(4)]
        framed = np.pad(pixels, borders, mode="reflect")
        total = np.zeros_like(pixels)
        for tap in range(weights.shape[1]):
            total += weights[:, tap, None, None, None] * framed.take(np.arange(tap, tap + length), axis=axis)
        pixels = total
    return pixels


def bell(sigma: Array, taps: int) -> Array:
    """Weights of a Gaussian, which add up to 1: (N, taps), float32.

    Args:
        sigma: standard deviations in pixels, (N,).
        taps: how many, an odd number.
    """
    place = np.arange(taps) - taps // 2
    weights = np.exp(-0.5 * (place / sigma[:, None]) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
