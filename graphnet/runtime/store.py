"""Memory that lasts from step to step: parameters, their gradients and optimizer state, running statistics.

The trained parameters lie in one block, those with equal optimizer settings next to each other; gradients and
optimizer state have blocks of the same form. So an update is one streaming kernel with one call for each setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.ir.graph import Graph, Value
from graphnet.ir.layout import Layout
from graphnet.runtime.arrays import Array, numpy_dtype, pack, unpack
from graphnet.transforms.choose_layouts import default_layout

LINE = 64
"""Bytes between the starts of two parameters are a multiple of a cache line."""
CHUNK = 4096
"""Elements that one task of an update handles; a group of parameters is rounded up to whole chunks."""


def aligned_zeros(size: int, dtype: np.dtype[Any]) -> Array:
    """Zeros that begin on a cache line."""
    memory = np.zeros(size * dtype.itemsize + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size * dtype.itemsize].view(dtype)


@dataclass(frozen=True)
class Region:
    """Parameters with equal settings: a range of the block, in elements, a whole number of chunks."""

    start: int
    size: int
    parameters: tuple[str, ...]


class Store:
    """Parameters and buffers of a network, in the layouts that kernels expect.

    Args:
        graph: of the network.
        floats: `float32` or `float64`.
        lanes: elements of a vector.
        groups: the paths of trained parameters, those with equal settings together.
    """

    def __init__(self, graph: Graph, floats: str, lanes: int, groups: Sequence[Sequence[str]]) -> None:
        self.parameters = {p.path: p for p in graph.parameters}
        self.dtype = np.dtype(floats)
        self.layouts = {p.path: default_layout(p.value.type, lanes) for p in graph.parameters}
        self.offsets: dict[str, int] = {}
        self.regions: list[Region] = []
        size = 0
        for group in groups:
            start = size
            for path in group:
                self.offsets[path] = size
                size += self._rounded(self.layouts[path].size(1))
            size = start + -(-(size - start) // CHUNK) * CHUNK
            self.regions.append(Region(start, size - start, tuple(group)))
        self.values = aligned_zeros(size, self.dtype)
        self._gradients: Array | None = None
        self.states: dict[str, Array] = {}
        self.others: dict[str, Array] = {
            p.path: aligned_zeros(self.layouts[p.path].size(1), numpy_dtype(p.value.type.dtype, floats))
            for p in graph.parameters
            if p.path not in self.offsets and not p.spec.counter
        }
        self.counters = {p.path: 0 for p in graph.parameters if p.spec.counter}

    def _rounded(self, size: int) -> int:
        unit = LINE // self.dtype.itemsize
        return -(-size // unit) * unit

    @property
    def gradients(self) -> Array:
        """The gradients' block, made when it is first needed."""
        if self._gradients is None:
            self._gradients = aligned_zeros(len(self.values), self.dtype)
        return self._gradients

    def state(self, name: str) -> Array:
        """An optimizer state's block, zeros at first."""
        if name not in self.states:
            self.states[name] = aligned_zeros(len(self.values), self.dtype)
        return self.states[name]

    def memory(self, path: str, block: Array | None = None) -> Array:
        """The memory of a parameter or buffer, or its part of another block."""
        if path in self.offsets:
            start = self.offsets[path]
            return (self.values if block is None else block)[start : start + self.layouts[path].size(1)]
        return self.others[path]

    def read(self, path: str, block: Array | None = None) -> Array:
        """A copy in the logical shape."""
        if path in self.counters:
            return np.array(self.counters[path], np.int64)
        return unpack(self.memory(path, block), self.layouts[path], self.parameters[path].value.type.shape)

    def write(self, path: str, array: Array, block: Array | None = None) -> None:
        """Set a parameter, a buffer, or its part of another block."""
        if path in self.counters:
            self.counters[path] = int(array)
            return
        shape = self.parameters[path].value.type.shape
        pack(
            np.asarray(array, self.dtype).reshape([int(e) for e in shape]),
            self.memory(path, block),
            self.layouts[path],
            shape,
        )

    def places(self) -> Mapping[Value, Array]:
        """The memory of every parameter and buffer that kernels read."""
        return {p.value: self.memory(path) for path, p in self.parameters.items() if path not in self.counters}

    def laid(self) -> Mapping[Value, Layout]:
        return {p.value: self.layouts[path] for path, p in self.parameters.items()}
