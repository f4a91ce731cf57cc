"""What docstrings say of operators and other definitions, for help, editors and the reference."""

from __future__ import annotations

import inspect
import re
from typing import Any

_CODE = re.compile(r"`([^`]+)`")
_START = re.compile(r"\s*(?:[,;.]\s*(?:(?:or|and)\b,?)?|(?:or|and)\b,?)\s*")
"""Where what is said before a piece of code starts."""
_END = re.compile(r"(?:[,;:.]|\bor\b|\band\b)\s*$")
"""Where what is said before or after a piece of code ends, if another piece follows."""
_ENTRY = re.compile(r"^    ([\w, ]+): ?(.*)$")


def attribute_descriptions(definition: type[Any]) -> dict[str, str]:
    """The sentences under `Attributes:` in the docstrings of a class and its bases, by attribute."""
    found: dict[str, str] = {}
    for cls in reversed(definition.__mro__):
        found |= _entries(section(inspect.cleandoc(cls.__dict__.get("__doc__") or ""), "Attributes"))
    return found


def summary(definition: type[Any]) -> str:
    """The first paragraph of a docstring, on one line."""
    first = inspect.cleandoc(definition.__doc__ or "").split("\n\n")[0]
    return " ".join(first.split())


def section(docstring: str, heading: str) -> str:
    """The indented lines under `heading:` of a clean docstring, or nothing."""
    lines = docstring.splitlines()
    if f"{heading}:" not in lines:
        return ""
    start = lines.index(f"{heading}:") + 1
    end = next((k for k in range(start, len(lines)) if lines[k] and not lines[k].startswith(" ")), len(lines))
    return "\n".join(lines[start:end]).rstrip()


def examples(paragraph: str) -> list[tuple[str, str]]:
    """The pieces of code under `Example:`, and what is said about each: behind it, or before it and a colon or comma.

    Example:
        "`- max: -1`, or `- max` of all elements" is [("- max: -1", ""), ("- max", "of all elements")]. Code that a word
        leads to is part of what is said, as in "`loss: [hinge: label]` after `- linear: 10`".
    """
    _, *parts = _CODE.split(" ".join(paragraph.split()))
    found: list[tuple[str, str]] = []
    words = ""  # between two pieces of code
    for code, behind in zip(parts[::2], parts[1::2], strict=True):
        previous, said = found.pop() if found else ("", "")
        if words.strip() and not _END.search(words):
            found.append((previous, f"{said}{words}`{code}`"))
        elif start := _START.match(words):
            found += [(previous, said), (code, words[start.end() :])]
        else:
            found += [(previous, f"{said}{_END.sub('', words)}"), (code, "")]
        words = behind
    if found:
        found[-1] = found[-1][0], f"{found[-1][1]}{words}"
    return [(code, said.strip(" ,;:.")) for code, said in found if code]


def _entries(body: str) -> dict[str, str]:
    """`name: text` entries, continued on deeper lines; `a, b: text` describes both."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in body.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            names = [name.strip() for name in entry.group(1).split(",")]
            found |= dict.fromkeys(names, entry.group(2).strip())
        else:
            found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found
