"""Between NumPy's arrays and the layouts of kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from graphnet.core.types import BATCH, DType, Extent
from graphnet.ir.layout import Layout

Array = np.ndarray[Any, Any]


def numpy_dtype(dtype: DType, floats: str) -> np.dtype[Any]:
    """The NumPy type of an element type, `float` being `floats`."""
    return np.dtype(floats if dtype == "float" else dtype)


def pack(array: Array, memory: Array, layout: Layout, shape: tuple[Extent, ...]) -> None:
    """Write an array into memory laid out as `layout`; padding is left as it is.

    Args:
        array: of the logical shape, the batch axis first if there is one.
        memory: flat.
        layout: of the value.
        shape: the value's shape; its batch axis counts as long as the array's.
    """
    padded, view = _view(memory, layout, shape, len(array) if layout.is_batched else 0)
    if padded == array.shape:
        np.copyto(view, _cut(array, layout, padded))
        return
    whole = np.zeros(padded, memory.dtype)
    whole[tuple(slice(0, n) for n in array.shape)] = array
    np.copyto(view, _cut(whole, layout, padded))


def unpack(memory: Array, layout: Layout, shape: tuple[Extent, ...], batch: int = 0) -> Array:
    """A copy of a value as an array of its logical shape.

    Args:
        memory: flat.
        layout: of the value.
        shape: of the value.
        batch: samples to read.
    """
    padded, view = _view(memory, layout, shape, batch)
    order = _order(layout)
    joined = np.transpose(view, order).reshape(padded)
    wanted = tuple(batch if e == BATCH else int(e) for e in shape)
    return np.array(joined[tuple(slice(0, n) for n in wanted)], order="C", copy=True)


def _view(memory: Array, layout: Layout, shape: tuple[Extent, ...], batch: int) -> tuple[tuple[int, ...], Array]:
    """The padded logical shape, and the memory with one axis for each dimension of the layout."""
    extents = tuple(batch if d.extent == BATCH else int(d.extent) for d in layout.dims)
    padded = tuple(
        int(np.prod([n for n, d in zip(extents, layout.dims, strict=True) if d.axis == axis], dtype=np.int64))
        for axis in range(len(shape))
    )
    strides = tuple(d.stride * memory.itemsize for d in layout.dims)
    view = as_strided(memory[layout.base :], extents, strides) if layout.dims else memory[layout.base : layout.base + 1]
    return padded, view.reshape(()) if not layout.dims else view


def _order(layout: Layout) -> list[int]:
    """The dimensions sorted by axis, then by decreasing step: the order of the logical index's digits."""
    return sorted(range(len(layout.dims)), key=lambda k: (layout.dims[k].axis, -layout.dims[k].step))


def _cut(array: Array, layout: Layout, padded: tuple[int, ...]) -> Array:
    """The array with one axis for each dimension of the layout, in its order."""
    order = _order(layout)
    counts: list[int] = []
    position = dict.fromkeys(range(len(padded)), 0)
    for k in order:
        dim = layout.dims[k]
        counts.append(array.shape[dim.axis] if dim.extent == BATCH else int(dim.extent))
        position[dim.axis] += 1
    split = array.reshape(counts)
    return np.transpose(split, np.argsort(order)) if order else split
