"""An operator's attributes in few words: `64`, `7×7`, `stride 2`, `padding 3`, `no bias`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from graphnet.ir.graph import Node
from graphnet.ops.families.references import reference_attributes


def describe_attributes(node: Node) -> Iterator[str]:
    """The attributes that its user chose: those without a default, and those that differ from it."""
    op = node.op
    for attribute in sorted(fields(op), key=lambda f: f.name != op.primary):
        value = getattr(op, attribute.name)
        default = attribute.default_factory() if attribute.default_factory is not MISSING else attribute.default
        if value == default:
            continue
        words = attribute.name.replace("_", " ")
        if isinstance(value, bool):
            yield words if value else f"no {words}"
        elif attribute.name in reference_attributes(type(op)):  # within its block a name needs no path
            name = _written(str(value).removeprefix(node.name.removesuffix(node.name.rpartition(".")[2])))
            yield name if attribute.name == op.primary else f"{words} {name}"
        elif attribute.name == op.primary or attribute.name.endswith("_size"):
            yield _written(value, is_size=True)
        else:
            yield f"{words} {_written(value)}"


def _written(value: Any, is_size: bool = False) -> str:
    if isinstance(value, tuple | list):
        if not is_size and value and len(set(value)) == 1:
            return _written(value[0])
        return "×".join(_written(v) for v in value)
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"
