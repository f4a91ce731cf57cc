"""The SIMD types that Numba sees, and how wide they are on this machine.

A vector is a value type of its own (`VectorType`), not an array that LLVM may or may not vectorise. Each vector
type has one mask type (the result of a comparison) and one pointer type for every element that memory may hold:
a `PointerType` knows both the element it points to and the vector that its loads return.
"""

from __future__ import annotations

import platform
from functools import cache
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import config
from numba.core.datamodel import models
from numba.extending import register_model

from graphnet.core.environment import lanes_bits

ELEMENTS: dict[str, ir.Type] = {
    "float32": ir.FloatType(),
    "float64": ir.DoubleType(),
    "int32": ir.IntType(32),
    "int64": ir.IntType(64),
    "uint8": ir.IntType(8),
}


class VectorType(types.Type):  # type: ignore[misc]
    """A SIMD vector of `lanes` floating-point elements."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"{dtype}x{lanes}")

    @property
    def bits(self) -> int:
        """Bits of one lane."""
        return np.dtype(self.dtype).itemsize * 8

    @property
    def llvm(self) -> ir.VectorType:
        return ir.VectorType(ELEMENTS[self.dtype], self.lanes)


class MaskType(types.Type):  # type: ignore[misc]
    """One truth value for each lane of a vector."""

    def __init__(self, vector: VectorType) -> None:
        self.vector = vector
        super().__init__(name=f"mask({vector.name})")

    @property
    def llvm(self) -> ir.VectorType:
        return ir.VectorType(ir.IntType(1), self.vector.lanes)


class PointerType(types.Type):  # type: ignore[misc]
    """The address of elements of type `element`, loaded into vectors of type `vector`."""

    def __init__(self, element: str, vector: VectorType) -> None:
        self.element, self.vector = element, vector
        super().__init__(name=f"pointer({element}, {vector.name})")

    @property
    def llvm(self) -> ir.PointerType:
        return ELEMENTS[self.element].as_pointer()


@register_model(VectorType)
@register_model(MaskType)
@register_model(PointerType)
class _InRegister(models.PrimitiveModel):  # type: ignore[misc]
    """A value that is a single LLVM value wherever it stands."""

    def __init__(self, manager: Any, numba_type: VectorType | MaskType | PointerType) -> None:
        super().__init__(manager, numba_type, numba_type.llvm)


@cache
def vector_type(dtype: str, lanes: int) -> VectorType:
    """The vector type of `lanes` elements, such as `vector_type("float32", 16)`."""
    return VectorType(dtype, lanes)


def vector_of(numba_type: types.Type) -> VectorType | None:
    """The vector type that an argument's type belongs to, if it belongs to one."""
    if isinstance(numba_type, VectorType):
        return numba_type
    return numba_type.vector if isinstance(numba_type, MaskType | PointerType) else None


@cache
def host_features() -> frozenset[str]:
    """Names of the instruction sets that code is generated for.

    `NUMBA_CPU_FEATURES` and `NUMBA_CPU_NAME=generic` narrow what Numba uses, so they narrow this too.
    """
    if config.CPU_FEATURES is not None:
        flags = config.CPU_FEATURES.split(",")
        return frozenset(flag[1:] for flag in flags if flag.startswith("+"))
    if config.CPU_NAME == "generic":
        return frozenset()
    return frozenset(name for name, present in binding.get_host_cpu_features().items() if present)


def vector_bits() -> int:
    """Bits of the widest vector: 512, 256 or 128; `GRAPHNET_LANES_BITS` makes it narrower."""
    features = host_features()
    widest = 512 if "avx512f" in features else 256 if "avx" in features else 128
    return min(widest, lanes_bits() or widest)


def host_lanes(dtype: str) -> int:
    """Lanes of a vector of `dtype` on this machine: 16, 8 or 4 for float32, half of that for float64."""
    return vector_bits() // (np.dtype(dtype).itemsize * 8)


def accumulators(bits: int | None = None) -> int:
    """How many vectors a tile may keep as accumulators: 16 of 32 registers, or 12 of 16.

    Only AVX-512 and 64-bit ARM have 32 registers. LLVM loads the broadcast scalars of all rows ahead of their use, so
    a tile of more accumulators spills them: 14x2 runs a 3x3 convolution at 0.4 of what 8x2 does.
    """
    if platform.machine().lower() in ("aarch64", "arm64"):
        return 16
    return 16 if (bits or vector_bits()) == 512 else 12


def has_fma() -> bool:
    """Whether a fused multiply-add is one instruction here, not a call of the C library."""
    return platform.machine().lower() in ("aarch64", "arm64") or not host_features().isdisjoint({"fma", "avx512f"})
