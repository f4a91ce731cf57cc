"""What may be written for an attribute, in words, and values as specs write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final = {
    "boolean": "true or false", "integer": "whole number", "number": "number", "string": "text", "null": "nothing",
    "object": "mapping",
}  # fmt: skip
_NOUN: Final = re.compile(r"^((?:whole )?number|text|mapping|value|pair|list)\b")
_LIMITS: Final = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
_LARGEST: Final = 2**31 - 1
"""Limits from here on are not worth saying."""


def in_words(schema: Mapping[str, Any]) -> str:
    """What a schema takes.

    Example:
        {"type": "integer", "minimum": 1} is `whole number from 1`, and a union joins its parts with `or`.
    """
    if "$comment" in schema:
        return str(schema["$comment"])
    if "anyOf" in schema or "oneOf" in schema:
        parts = [in_words(part) for part in (schema.get("anyOf") or schema["oneOf"])]
        shorter = ["a pair" if part == f"pair of {parts[0]}" else part for part in parts]
        return " or ".join(dict.fromkeys(shorter))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if "prefixItems" in schema:
        return f"pair of {in_words(schema['prefixItems'][0])}"
    if schema.get("type") == "array":
        return f"list of {_plural(in_words(schema.get('items', {})))}"
    kind = "mapping" if "$ref" in schema else _TYPES.get(schema.get("type", ""), "value")
    return kind + "".join(
        f" {word} {schema[key]:g}" for key, word in _LIMITS.items() if abs(schema.get(key, _LARGEST)) < _LARGEST
    )


def _plural(kind: str) -> str:
    """`number from 0` as `numbers from 0`; what has no plural stays."""
    return _NOUN.sub(r"\1s", kind, count=1)


def as_yaml(value: Any) -> str:
    """A setting as a spec would write it."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(as_yaml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {as_yaml(part)}' for name, part in value.items())}}}"
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def counted(count: int, what: str) -> str:
    """`1 layer`, `3 layers`."""
    return f"{count} {what}{'s' if count != 1 else ''}"
