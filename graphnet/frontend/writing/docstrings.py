"""What docstrings say of operators and other definitions, for help, editors and the reference."""

from __future__ import annotations

import inspect
import re
from typing import Any

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
