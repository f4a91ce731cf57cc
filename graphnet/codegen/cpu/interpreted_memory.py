"""Memory as the interpreter sees it: a typed view of the process's whole address space.

A kernel receives byte addresses. Uncompiled, `pointer(address)` gives a `Pointer`, whose elements are read and
written through a NumPy array that spans every address (making the array touches none of them).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# NumPy takes no null pointer as a buffer. Nothing is ever mapped at the first addresses anyway.
_FIRST = 4096
_SPAN = (1 << 48) - 2 * _FIRST if ctypes.sizeof(ctypes.c_void_p) == 8 else (1 << 31) - 2 * _FIRST


@cache
def _address_space(element: str) -> NDArray[Any]:
    memory: Any = (ctypes.c_char * _SPAN).from_address(_FIRST)
    elements: NDArray[Any] = np.frombuffer(memory, dtype=element)
    return elements


@dataclass(frozen=True)
class Pointer:
    """The address of elements of type `element`; loads give arrays of `lanes` elements of type `dtype`."""

    address: int
    element: str
    dtype: str
    lanes: int

    @property
    def memory(self) -> NDArray[Any]:
        return _address_space(self.element)

    def at(self, index: int) -> int:
        """The place of one element in `memory`."""
        size = np.dtype(self.element).itemsize
        place, rest = divmod(self.address + int(index) * size - _FIRST, size)
        if rest:
            raise ValueError(f"address {self.address:#x} is not aligned to {self.element}")
        return place

    def load(self, places: Any) -> NDArray[Any]:
        """The elements at a slice or an array of places, converted to the vector's type."""
        elements: NDArray[Any] = self.memory[places]
        return elements.astype(self.dtype)

    def store(self, places: Any, values: NDArray[Any]) -> None:
        """Write elements, converted to what memory holds; fractions are cut off."""
        if self.element == "uint8" and values.dtype.kind == "f":
            values = values.astype(np.int32)
        self.memory[places] = values.astype(self.element)
