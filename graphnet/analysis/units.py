"""Numbers as people read them: `11.7M` parameters, `1.81G` MACs, `512 MiB`, `64×56×56`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphnet.core.types import Extent


def format_count(count: int) -> str:
    """A count with at most three significant digits and a decimal prefix: 999, 9.41k, 118M, 1.81G, 3.5T."""
    value, prefix = float(count), ""
    for larger in "kMGTP":
        if abs(value) < 999.5:
            break
        value, prefix = value / 1000, larger
    return f"{value:.3g}{prefix}" if prefix else str(count)


def format_counts(counts: Sequence[int], written: Callable[[int], str] = format_count) -> str:
    """A count that is the same for several things, or the range from the first to the last: `4.1k – 12.3k`."""
    first, last = written(counts[0]), written(counts[-1])
    return first if first == last else f"{first} – {last}"


def format_bytes(count: int) -> str:
    """Memory with at most three significant digits and a binary prefix: 17 B, 1.5 KiB, 512 MiB."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 999.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.3g} {unit}"


def format_shapes(shapes: Sequence[Sequence[Extent]]) -> str:
    """A shape that is the same for several things, or with the extents of the first and the last: `64…224×56×56`."""
    first, last = shapes[0], shapes[-1]
    if len(first) != len(last):
        return f"{format_shape(first)} – {format_shape(last)}"
    return "×".join(str(a) if a == b else f"{a}…{b}" for a, b in zip(first, last, strict=True)) or "scalar"


def format_shape(shape: Sequence[Extent]) -> str:
    """`64×56×56`; `scalar` for no axes."""
    return "×".join(map(str, shape)) or "scalar"
