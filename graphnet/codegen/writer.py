"""Writing source text line by line, with its indentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Writer:
    """Collects the lines of a function body."""

    def __init__(self, depth: int = 0) -> None:
        self.lines: list[str] = []
        self.depth = depth

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text if text else "")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """`head:` and an indented block."""
        self.line(head + ":")
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def loop(self, variable: str, start: str, stop: str, step: str = "1") -> Iterator[None]:
        """A counted loop."""
        bounds = stop if start == "0" else f"{start}, {stop}"
        if step != "1":
            bounds = f"{start}, {stop}, {step}"
        with self.block(f"for {variable} in range({bounds})"):
            yield

    def __str__(self) -> str:
        return "\n".join(self.lines)


def affine(constant: str | int, terms: list[tuple[str, str | int]]) -> str:
    """`constant + a * x + b * y`, without zeros and ones."""
    parts = [] if constant in ("0", 0) else [str(constant)]
    for variable, factor in terms:
        if factor in (0, "0"):
            continue
        parts.append(variable if factor in (1, "1") else f"{variable} * {factor}")
    return " + ".join(parts) or "0"
