"""The type of a value: its shape and element type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

DType = Literal["float", "int32", "uint8", "int64"]
"""Element types. `float` is whichever precision a module is compiled for: float32 or float64."""

BATCH: Final = "N"
Extent = int | Literal["N"]
"""The length of an axis: a number, or `BATCH`, known only when a step runs."""


@dataclass(frozen=True)
class TensorType:
    """Shape and element type of a value.

    A batched value has `BATCH` as its first extent; parameters and scalars have only numbers.
    """

    shape: tuple[Extent, ...]
    dtype: DType = "float"

    @classmethod
    def batched(cls, *shape: int, dtype: DType = "float") -> TensorType:
        """The type of a value with a leading batch axis: `TensorType.batched(3, 32, 32)` is (N, 3, 32, 32)."""
        return cls((BATCH, *shape), dtype)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_batched(self) -> bool:
        return bool(self.shape) and self.shape[0] == BATCH

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape without the batch axis."""
        return tuple(e for e in self.shape if e != BATCH)

    @property
    def size(self) -> int:
        """Number of elements, for one sample if batched."""
        return product(self.sample_shape)

    def __str__(self) -> str:
        shape = f"({', '.join(str(e) for e in self.shape)}{',' if self.rank == 1 else ''})"
        return shape if self.dtype == "float" else f"{shape} {self.dtype}"


def product(numbers: Iterable[int]) -> int:
    """The product of whole numbers; 1 for none."""
    result = 1
    for number in numbers:
        result *= number
    return result
