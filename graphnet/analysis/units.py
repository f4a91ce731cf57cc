"""Numbers as people read them: `11.7M` parameters, `1.81G` MACs, `512 MiB`, `64×56×56`."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.core.types import Extent


def format_count(count: int) -> str:
    """A count with at most three significant digits and a decimal prefix: 999, 9.41k, 118M, 1.81G, 3.5T."""
    value, prefix = float(count), ""
    for larger in "kMGTP":
        if abs(value) < 999.5:
            break
        value, prefix = value / 1000, larger
    return f"{value:.3g}{prefix}" if prefix else str(count)


def format_bytes(count: int) -> str:
    """Memory with at most three significant digits and a binary prefix: 17 B, 1.5 KiB, 512 MiB."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 999.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.3g} {unit}"


def format_shape(shape: Sequence[Extent]) -> str:
    """`64×56×56`; `scalar` for no axes."""
    return "×".join(map(str, shape)) or "scalar"
