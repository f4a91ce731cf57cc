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
    framed = np.full((count, channels, height + 2, width + 2), outside, pixels.dtype)
    framed[:, :, 1:-1, 1:-1] = pixels
    flat = framed.reshape(count, channels, -1)
    rows = np.clip(rows, -1, height) + 1
    columns = np.clip(columns, -1, width) + 1

    def value(row: Array, column: Array) -> Array:
        places = (row * (width + 2) + column).reshape(count, 1, -1)
        found: Array = np.take_along_axis(flat, places, axis=2)
        return found.reshape(count, channels, *rows.shape[1:])

    if not smooth:
        return value(np.floor(rows + 0.5).astype(np.int64), np.floor(columns + 0.5).astype(np.int64))
    top = np.minimum(np.floor(rows).astype(np.int64), height)
    left = np.minimum(np.floor(columns).astype(np.int64), width)
    # how much of the neighbours below and to the right belongs to each value
    down, right = ((part[:, None]).astype(pixels.dtype) for part in (rows - top, columns - left))
    upper = value(top, left) * (1 - right) + value(top, left + 1) * right
    lower = value(top + 1, left) * (1 - right) + value(top + 1, left + 1) * right
    blended: Array = upper * (1 - down) + lower * down
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
    far = pixels[samples, first[:, None] + np.minimum(before + 1, last)]
    blended: Array = near * (1 - part) + far * part
    return blended


def windows_at(pixels: Array, first: Array, height: int, width: int) -> Array:
    """Rectangles of images.

    Args:
        pixels: (N, C, H, W).
        first: the rectangle's first row and column, (N, 2), whole numbers.
        height, width: of all rectangles.
    """
    samples = np.arange(len(pixels))[:, None]
    rows = np.moveaxis(pixels, 2, 1)[samples, first[:, :1] + np.arange(height)]
    found = np.moveaxis(rows, 3, 1)[samples, first[:, 1:] + np.arange(width)]  # (N, width, height, C)
    return np.ascontiguousarray(found.transpose(0, 3, 2, 1))


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
