"""Writing source text line by line, with its indentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    def unravel(self, index: str, names: Sequence[str], counts: Sequence[str]) -> None:
        """Lines that split a flat index into positions, the last fastest; what has one position is 0."""
        rest = index
        long = [k for k, count in enumerate(counts) if count != "1"]
        for k, name in enumerate(names):
            if k not in long:
                self.line(f"{name} = 0")
        for k in reversed(long):
            if k == long[0]:
                self.line(f"{names[k]} = {rest}")
            else:
                self.line(f"{names[k]} = {rest} % {counts[k]}")
                rest = f"{rest} // {counts[k]}"

    @contextmanager
    def loop(self, variable: str, start: str, stop: str, step: str = "1") -> Iterator[None]:
        """A counted loop."""
        if (start, stop) == ("0", "1"):
            self.line(f"{variable} = 0")
            yield
            return
        bounds = stop if start == "0" else f"{start}, {stop}"
        if step != "1":
            bounds = f"{start}, {stop}, {step}"
        with self.block(f"for {variable} in range({bounds})"):
            yield

    def __str__(self) -> str:
        return "\n".join(self.lines)


def times(*counts: str) -> str:
    """A product without ones."""
    return " * ".join(count for count in counts if count != "1") or "1"


def quotient(text: str, divisor: int, *, up: bool = False) -> str:
    """`text // divisor`, rounded up if asked for; nothing where the divisor is 1."""
    if divisor == 1:
        return text
    return f"ceildiv({text}, {divisor})" if up else f"({text}) // {divisor}"


def affine(constant: str | int, terms: list[tuple[str, str | int]]) -> str:
    """`constant + a * x + b * y`, without zeros and ones."""
    parts = [] if constant in ("0", 0) else [str(constant)]
    for variable, factor in terms:
        if factor in (0, "0"):
            continue
        if factor == -1 and parts:
            parts[-1] += f" - {variable}"
        else:
            parts.append(variable if factor in (1, "1") else f"{variable} * {factor}")
    return " + ".join(parts) or "0"
