"""The two kinds of errors, and the one formatter that prints what a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from graphnet.core.source import SourceSpan

Severity = Literal["error", "warning"]

MAX_WIDTH = 160
"""The longest part of a source line that is shown."""
MAX_WORD, MAX_COMPARED = 80, 500
"""How long a word may be, and with how many others it is compared, to find what it is a misspelling of."""


@dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong, or suspicious, in what the user wrote.

    Attributes:
        code: a short kind in lower case, shown in brackets: `rank`, `unknown-key`, `syntax`.
        message: one sentence that names the thing.
        span: where it stands; None where there is no source (a value given on the command line).
        lines: the source lines of the span, without line ends.
        at: the path inside the spec, such as `layers[6] > linear 'linear1'`.
        expected, found, hint: what would be right, what was given, how to mend it.
    """

    code: str
    message: str
    span: SourceSpan | None = None
    lines: tuple[str, ...] = ()
    at: str | None = None
    expected: str | None = None
    found: str | None = None
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        return format_diagnostic(self)


def format_diagnostic(diagnostic: Diagnostic) -> str:
    """Print a diagnostic: position, message, the line with a caret, and the labelled facts.

    Example:
        lenet5.yaml:21:5: error[rank]: linear 'linear1' cannot consume 'avg_pool2d2'
           21 |   - linear: 120
              |     ^^^^^^
          expected: a value of rank 2 (N, features)
    """
    place = f"{diagnostic.span}: " if diagnostic.span else ""
    text = [f"{place}{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    if diagnostic.span and diagnostic.lines:
        span, first = diagnostic.span, diagnostic.lines[0]
        end = span.end_column if span.end_line == span.line else len(first) + 1
        width = max(1, min(end, len(first) + 1) - span.column)
        start, shown = _excerpt(first, span.column - 1)
        text.append(f"  {span.line:>3} | {shown}")
        text.append(f"      | {' ' * (span.column - 1 - start)}{'^' * min(width, len(shown) + 1)}")
    for label in ("at", "expected", "found", "hint"):
        fact = getattr(diagnostic, label)
        if fact:
            text.append(f"  {label + ':':<9} {fact}")
    return "\n".join(text)


def _excerpt(line: str, column: int) -> tuple[int, str]:
    """The part of a line that is worth showing, and where it starts: all of it, unless it is very long."""
    if len(line) <= MAX_WIDTH:
        return 0, line
    start = max(0, column - MAX_WIDTH // 2)
    return start, line[start : start + MAX_WIDTH]


class SpecError(Exception):
    """What the user wrote cannot be taken; carries every problem found, with positions."""

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        self.diagnostics = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        super().__init__("\n\n".join(format_diagnostic(d) for d in self.diagnostics))


class AttributeProblem(Exception):  # noqa: N818 - a problem on its way to become a diagnostic
    """Raised by an operator whose attributes or operands do not fit; the front end adds the position.

    Args:
        message: what cannot be done, without naming the layer (the front end does).
        expected, found, hint: as in `Diagnostic`.
        attribute: the attribute to point at, if one is to blame.
        code: the diagnostic's code.
    """

    def __init__(
        self,
        message: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        attribute: str | None = None,
        code: str = "shape",
    ) -> None:
        super().__init__(message)
        self.message, self.expected, self.found, self.hint = message, expected, found, hint
        self.attribute, self.code = attribute, code


class InternalError(Exception):
    """A fault of graphnet itself: names the stage, the pass and the node."""

    def __init__(self, stage: str, message: str, node: str | None = None) -> None:
        where = f" at '{node}'" if node else ""
        super().__init__(f"internal error in {stage}{where}: {message}; please report it with the spec")


class RunError(Exception):
    """Something went wrong while running that the user can act on (a missing file, a NaN in the loss)."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is most likely a misspelling of, or None."""
    if len(word) > MAX_WORD:
        return None
    matches = difflib.get_close_matches(word, list(islice(candidates, MAX_COMPARED)), n=1, cutoff=0.6)
    return matches[0] if matches else None
