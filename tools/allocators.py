"""What becomes of memory that a rival frees: it goes back to the system, or is kept for the next step."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Sequence
from dataclasses import dataclass

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


@dataclass(frozen=True)
class Allocator:
    """Settings of glibc's malloc.

    Attributes:
        suffix: of a way's name.
        mapped: bytes of a block that is mapped by itself, and unmapped when it is freed.
        kept: free bytes at the heap's end that stay.
    """

    suffix: str
    mapped: int
    kept: int

    def use(self) -> None:
        """Set it for the whole process, and give back what is free now."""
        if platform.libc_ver()[0] == "glibc":
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_THRESHOLD, self.mapped)
            library.mallopt(_TRIM_THRESHOLD, self.kept)
            library.malloc_trim(0)


_DEFAULT = Allocator("", 32 << 20, 64 << 20)
"""Where glibc's own thresholds end up once a program has freed large blocks; so it can be set again at any time."""
_KEEPING = Allocator(", freed memory kept", 1 << 30, (1 << 31) - 1)
"""Nearly all stays for the next step, as with PyTorch's allocator for GPUs, which spares most page faults."""


def allocators() -> Sequence[Allocator]:
    """Those that there are: the C library's own, and with glibc one that keeps what is freed."""
    return [_DEFAULT, _KEEPING] if platform.libc_ver()[0] == "glibc" else [_DEFAULT]
