"""How the settings of two networks differ: their params, and how they are to be trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from graphnet.frontend.network import Network
from graphnet.frontend.settings import settings_of
from graphnet.frontend.writing.written_settings import written_definition
from graphnet.ir.definitions import Definition

Pair = tuple[Any, Any]


def differing_settings(a: Network, b: Network) -> dict[str, Pair]:
    """What differs, before and after, as plain data by path: `params.width`, `train.optimizer.lr`.

    What one side lacks is None there. Of two optimizers (or sources, schedules) of the same kind the settings are
    compared one by one, and of different ones as wholes.
    """
    params = {f"params.{name}": (a.params.get(name), b.params.get(name)) for name in {**a.params, **b.params}}
    return {
        **{path: pair for path, pair in params.items() if pair[0] != pair[1]},
        **_differing("train", a.train, b.train),
    }


def _differing(path: str, a: Any, b: Any) -> dict[str, Pair]:
    if a == b:
        return {}
    if type(a) is type(b):
        parts = _parts(a), _parts(b)
        if parts[0] is not None and parts[1] is not None:
            found: dict[str, Pair] = {}
            for name in {**parts[0], **parts[1]}:
                found |= _differing(f"{path}.{name}", parts[0].get(name), parts[1].get(name))
            return found
    return {path: (_plain(a), _plain(b))}


def _parts(value: Any) -> Mapping[str, Any] | None:
    """The settings inside a setting, if it has some."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Definition):
        return {name: getattr(value, name) for name in settings_of(value)}
    return value if isinstance(value, Mapping) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Definition):
        return written_definition(value)
    if isinstance(value, BaseModel):
        return {name: _plain(part) for name, part in (_parts(value) or {}).items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
