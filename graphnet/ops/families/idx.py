"""IDX files: arrays of bytes, as MNIST has them, compressed or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.core.types import product
from graphnet.ir.data import Array

_GZIP = b"\x1f\x8b"
_BYTES = 8
"""The code for unsigned bytes."""


def read_idx(path: Path, rank: int) -> Array:
    """The array of an IDX file of bytes, compressed by gzip or not.

    Such a file begins with two zeros, a code of the type and the number of axes, followed by their extents.

    Args:
        path: of the file.
        rank: how many axes it must have.

    Raises:
        RunError: the file cannot be read, holds something else, or is not whole.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise RunError(f"cannot read {path}: {error}") from None
    start = 4 + 4 * rank
    if len(content) < start or content[:4] != bytes([0, 0, _BYTES, rank]):
        raise RunError(f"{path} is no IDX file of bytes with {rank} axes")
    shape = tuple(int.from_bytes(content[k : k + 4], "big") for k in range(4, start, 4))
    if len(content) != start + product(shape):
        raise RunError(f"{path} is not whole: it has {len(content) - start} bytes of {product(shape)}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
