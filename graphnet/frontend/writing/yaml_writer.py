"""Plain data as the YAML that people write: short things on one line, long ones below each other."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphnet.frontend.text.yaml_scalars import read_scalar

WIDTH = 110
"""The longest line that is not broken."""

_PLAIN = re.compile(r"[A-Za-z0-9_$.*+-]([\w$./*+-]| (?=[\w$(]))*", re.ASCII)


class Bare(dict[str, Any]):
    """An entry of modifiers with a head that has no attributes: `{batch_norm, name: bn1}`."""


def flow(value: Any) -> str:
    """A value on one line.

    Example:
        `flow({"kernel_size": 3, "bias": False})` is `{kernel_size: 3, bias: false}`.
    """
    match value:
        case Bare():
            head, *rest = value.items()
            return f"{{{', '.join([flow(head[0]), *(f'{flow(k)}: {flow(v)}' for k, v in rest)])}}}"
        case Mapping():
            return f"{{{', '.join(f'{flow(k)}: {flow(v)}' for k, v in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float() if value in (float("inf"), float("-inf")):
            return ".inf" if value > 0 else "-.inf"
        case int() | float():
            return repr(value)
        case _:
            return _text(str(value))


def block(value: Mapping[str, Any], indent: int = 0) -> Iterable[str]:
    """The lines of a mapping: each key on a line of its own, with its value behind it or below."""
    pad = " " * indent
    for key, inner in value.items():
        line = f"{pad}{flow(key)}: {_prose(inner) if isinstance(inner, str) else flow(inner)}"
        if inner is None:
            yield f"{pad}{flow(key)}:"
        elif isinstance(inner, str) and len(line) > WIDTH and _is_prose(inner):
            yield f"{pad}{flow(key)}: >-"
            yield from textwrap.wrap(
                inner,
                WIDTH,
                initial_indent=f"{pad}  ",
                subsequent_indent=f"{pad}  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        elif isinstance(inner, Mapping) and inner and (_is_deep(inner) or len(line) > WIDTH):
            yield f"{pad}{flow(key)}:"
            yield from block(inner, indent + 2)
        elif isinstance(inner, list) and inner and (_is_list_of_entries(inner) or len(line) > WIDTH):
            yield f"{pad}{flow(key)}:"
            yield from entries(inner, indent + 2)
        else:
            yield line


def entries(items: Sequence[Any], indent: int) -> Iterable[str]:
    """The lines of a list of entries."""
    pad = " " * indent
    for item in items:
        line = f"{pad}- {_entry(item)}"
        if isinstance(item, Mapping) and (_is_deep(item) or len(line) > WIDTH):
            first, *rest = block(item, indent + 2)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield line


def _entry(item: Any) -> str:
    """An entry on one line; with a single key it needs no braces."""
    if isinstance(item, Bare) and len(item) == 1:
        return flow(next(iter(item)))
    if isinstance(item, Mapping) and len(item) == 1:
        ((key, value),) = item.items()
        return f"{flow(key)}: {flow(value)}"
    return flow(item)


def _is_deep(value: Mapping[str, Any]) -> bool:
    """Whether something in it is a list of entries, which are never written on one line."""
    return any(
        _is_list_of_entries(v) or (isinstance(v, Mapping) and _is_deep(v)) for v in value.values()
    )  # fmt: skip


def _is_list_of_entries(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(v, Mapping) for v in value)


def _is_prose(text: str) -> bool:
    """Whether the text is words with single spaces between them, and so may be broken into lines."""
    return text.isprintable() and " ".join(text.split()) == text


def _prose(text: str) -> str:
    """A sentence on a line of its own: it needs quotes only where YAML would see a mapping or a comment in it."""
    plain = text[:1].isalpha() and _is_prose(text) and ": " not in text and " #" not in text and text[-1] != ":"
    return text if plain and read_scalar(text) == text else _text(text)


def _text(text: str) -> str:
    """Text, in quotes where YAML would read something else."""
    if _PLAIN.fullmatch(text) and text[0] not in "-*" and read_scalar(text) == text and not text.endswith(" "):
        return text
    return json.dumps(text, ensure_ascii=False)
