"""What commands write: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from rich.console import Console, RenderableType
from rich.text import Text

from graphnet.core.diagnostics import Diagnostic, RunError, SpecError

_STYLES = (
    (r"^.*?: (?=(?:error|warning)\[)", "bold"),
    (r"(?:^|(?<=: ))error\[[\w-]+\]", "bold red"),
    (r"(?:^|(?<=: ))warning\[[\w-]+\]", "bold yellow"),
    (r"(?m)^ +\d* \|", "blue"),
    (r"(?m)(?<=\| ) *\^+$", "bold red"),
    (r"(?m)^  (?:at|expected|found|hint):", "cyan"),
)
"""Parts of a diagnostic, and how a terminal shows them."""


def output(width: int = 200) -> Console:
    """The console for results.

    Args:
        width: columns where standard output is no terminal and nobody says how wide it is.
    """
    is_open = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=width if is_open else None, highlight=False, markup=False, emoji=False)


def show(*results: RenderableType, width: int = 200) -> None:
    """Print tables and texts to standard output, without spaces at the ends of lines where that is no terminal."""
    console = output(width)
    if console.is_terminal:
        for result in results:
            console.print(result)
        return
    with console.capture() as captured:
        for result in results:
            console.print(result)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def say(line: str) -> None:
    """Print a line to standard output, however long it is."""
    output().print(line, soft_wrap=True)


def errors() -> Console:
    """The console for diagnostics, warnings and remarks; it never breaks lines."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Print problems to standard error, with an empty line between two."""
    for place, diagnostic in enumerate(diagnostics):
        text = Text(str(diagnostic))
        for pattern, style in _STYLES:
            text.highlight_regex(pattern, style)
        errors().print(text if place == 0 else Text("\n") + text)


def complain(line: str) -> None:
    """Print a line to standard error."""
    errors().print(line)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object to standard output: arrays as lists, numbers that JSON lacks (nan, inf) as null."""
    sys.stdout.write(json.dumps(_finite(content), indent=2, ensure_ascii=False) + "\n")


@contextmanager
def failures_as_json(wanted: bool) -> Iterator[None]:
    """Let standard output be one JSON object also where a command fails: `{"errors": [...]}`."""
    try:
        yield
    except SpecError as error:
        if wanted:
            print_json({"errors": [as_json(d) for d in error.diagnostics]})
        raise
    except RunError as error:
        if wanted:
            print_json({"errors": [{"code": "run", "severity": "error", "message": str(error)}]})
        raise


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic for programs; what it lacks is left out."""
    span = diagnostic.span
    facts = {
        "code": diagnostic.code, "severity": diagnostic.severity, "message": diagnostic.message,
        "file": span and span.file, "line": span and span.line, "column": span and span.column,
        "end_line": span and span.end_line, "end_column": span and span.end_column, "at": diagnostic.at,
        "expected": diagnostic.expected, "found": diagnostic.found, "hint": diagnostic.hint,
    }  # fmt: skip
    return {name: fact for name, fact in facts.items() if fact is not None}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(element) for element in value]
    return _finite(value.tolist()) if isinstance(value, np.ndarray) else value
