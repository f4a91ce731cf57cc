"""Where in the user's Python code a layer was made."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import FrameType

from graphnet.core.diagnostics import AttributeProblem, Diagnostic, SpecError
from graphnet.core.source import SourceSpan
from graphnet.frontend.problems import diagnose
from graphnet.frontend.settings import SettingsError

_YAML_LAYER = re.compile(r"`- (\w+)`")
PACKAGE = str(Path(__file__).parent.parent) + "/"


@dataclass(frozen=True)
class CallSite:
    """A call in the user's code, with its source lines where they can be read."""

    span: SourceSpan
    lines: tuple[str, ...]


def call_site() -> CallSite:
    """The innermost call that is written outside of graphnet."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    assert frame is not None
    code = frame.f_code
    positions = next(islice(code.co_positions(), frame.f_lasti // 2, None))
    first = positions[0] or frame.f_lineno
    last = positions[1] or first
    lines = tuple(linecache.getline(code.co_filename, n).rstrip("\r\n") for n in range(first, last + 1))
    column, end_column = _column(lines[0], positions[2] or 0), _column(lines[-1], positions[3] or 0)
    span = SourceSpan(_shown(code.co_filename), first, column, last, max(end_column, column + 1))
    return CallSite(span, lines if lines[0] else ())


@contextmanager
def reported_at(site: CallSite) -> Iterator[None]:
    """Problems inside become errors that show the call.

    Raises:
        SpecError: with a diagnostic for every problem.
    """
    try:
        yield
    except AttributeProblem as problem:
        raise SpecError(_diagnosed(problem, site)) from None
    except SettingsError as error:
        raise SpecError([_diagnosed(problem, site) for problem in error.problems]) from None


def _diagnosed(problem: AttributeProblem, site: CallSite) -> Diagnostic:
    """The problem at its call; a layer that the hint names in YAML is named in Python."""
    found = diagnose(problem, span=site.span, lines=site.lines)
    return replace(found, hint=found.hint and _YAML_LAYER.sub(r"`gn.\1(...)`", found.hint))


def source_lines(span: SourceSpan) -> tuple[str, ...]:
    """The lines of a span, or nothing where the file cannot be read (any more)."""
    lines = [linecache.getline(span.file, n).rstrip("\r\n") for n in range(span.line, span.end_line + 1)]
    return tuple(lines) if any(lines) else ()


def _is_ours(file: str) -> bool:
    return file.replace("\\", "/").startswith(PACKAGE.replace("\\", "/"))


def _column(line: str, offset: int) -> int:
    """Python counts bytes of UTF-8 from 0; people count characters from 1."""
    return len(line.encode()[:offset].decode(errors="ignore")) + 1


def _shown(file: str) -> str:
    """The path as short as it can be understood: below the working directory without it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else file
