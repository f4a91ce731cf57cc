"""The report: everything that is wrong with a spec, or suspicious, collected until there is nothing more to find."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from graphnet.core.diagnostics import Diagnostic, Severity, SpecError
from graphnet.core.source import SourceSpan
from graphnet.frontend.expansion.templates import shortened

_VARIABLE: Final = re.compile(r"'[^']*'|\d+")
"""The parts of a message that differ from pass to pass of a loop: the names of layers, and sizes."""

MAX_REPORTED: Final = 100
"""The most problems that are worth reading in one go; after them nothing more is looked for."""
MAX_FACT: Final = 500
"""The longest line of a diagnostic."""


def _bounded(fact: str | None) -> str | None:
    return None if fact is None else shortened(fact, MAX_FACT)


class Poison:
    """Stands for what could not be read or made, so that one mistake is reported once and not by all that use it."""

    def __repr__(self) -> str:
        return "POISON"


POISON: Final = Poison()


class Report:
    """Collects diagnostics, one of a kind at a place, and hands them out by position with their source lines."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._found: dict[tuple[object, ...], Diagnostic] = {}

    def add_source(self, file: str, text: str) -> None:
        """Make the lines of a file known; files are sorted in the order they were added."""
        self._lines.setdefault(file, text.splitlines())

    def error(
        self, code: str, message: str, span: SourceSpan | None, *, at: str | None = None, expected: str | None = None,
        found: str | None = None, hint: str | None = None, severity: Severity = "error",
    ) -> None:  # fmt: skip
        """Note a problem. A loop that runs into one place again and again is reported once."""
        self.add(Diagnostic(code, message, span, (), at, expected, found, hint, severity))

    def add(self, diagnostic: Diagnostic) -> None:
        """Note a diagnostic, with the source lines of its span.

        Raises:
            SpecError: there are more than anybody would read.
        """
        kind = _VARIABLE.sub("", diagnostic.message)
        key = (diagnostic.span, diagnostic.code, diagnostic.severity, kind) if diagnostic.span else (diagnostic,)
        if key in self._found:
            return
        lines = diagnostic.lines or self.source(diagnostic.span)
        self._found[key] = replace(
            diagnostic, message=shortened(diagnostic.message, MAX_FACT), lines=lines, at=_bounded(diagnostic.at),
            expected=_bounded(diagnostic.expected), found=_bounded(diagnostic.found), hint=_bounded(diagnostic.hint),
        )  # fmt: skip
        if len(self._found) > MAX_REPORTED and len(self.errors) > MAX_REPORTED:
            more = Diagnostic("more", f"there are more than {MAX_REPORTED} problems", hint="mend these first")
            raise SpecError([*self.errors[:MAX_REPORTED], more])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        return self._sorted("error")

    @property
    def warnings(self) -> list[Diagnostic]:
        return self._sorted("warning")

    def raise_errors(self) -> None:
        """Stop if anything is wrong.

        Raises:
            SpecError: with everything that is.
        """
        if self.errors:
            raise SpecError(self.errors)

    def source(self, span: SourceSpan | None) -> tuple[str, ...]:
        """The lines of a span, as far as they are known."""
        lines = self._lines.get(span.file, []) if span else []
        return tuple(lines[span.line - 1 : span.end_line]) if span else ()

    def _sorted(self, severity: Severity) -> list[Diagnostic]:
        order = {file: k for k, file in enumerate(self._lines)}

        def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
            span = diagnostic.span
            return (order.get(span.file, len(order)), span.line, span.column) if span else (-1, 0, 0)

        return sorted((d for d in self._found.values() if d.severity == severity), key=place)
