"""Where something was written: a span of a spec file, or of the Python code that built a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceSpan:
    """A range of characters in a source text.

    Attributes:
        file: the path as the user gave it.
        line: first line, counted from 1.
        column: first column, counted from 1.
        end_line: last line.
        end_column: the column after the last character.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """`file:line` without the folders, as kernels cite it."""
        return f"{self.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{self.line}"
