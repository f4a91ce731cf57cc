"""Attributes as a spec has them: defaults left out, the primary one bare, one number for several where it is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from graphnet.core.diagnostics import AttributeProblem
from graphnet.frontend.settings import default_of, is_required, settings_of
from graphnet.ir.definitions import INITIALISERS, Definition
from graphnet.ir.graph import Initializer
from graphnet.ir.operator import Operator
from graphnet.ops.families.references import NamedLayer


def changed_settings(definition: Any) -> dict[str, Any]:
    """The settings of an operator or another definition that are not the default's, as plain data."""
    changed = {}
    for name, field in settings_of(definition).items():
        value = getattr(definition, name)
        if is_required(field) or value != default_of(field):
            changed[name] = _plain(_shortest(definition, name, value))
    return changed


def operator_head(op: Operator) -> tuple[str, Any]:
    """An operator's name and what stands behind it: None, the primary attribute, or a mapping."""
    changed = changed_settings(op)
    if not changed:
        return op.name, None
    only = changed.get(op.primary) if op.primary is not None and len(changed) == 1 else None
    # behind an operator of several values, and as a list, a bare value would be read as branches
    if only is None or isinstance(only, list | dict) or op.arity != 1:
        return op.name, changed
    return op.name, only


def written_initialiser(init: Initializer) -> Any:
    """How a parameter starts."""
    return written_definition(INITIALISERS[init.name](**init.settings))


def written_definition(definition: Definition) -> Any:
    """A definition's name, or a mapping of it to its settings: `zeros`, `{constant: 0.1}`, `{normal: {std: 0.01}}`."""
    changed = changed_settings(definition)
    if not changed:
        return definition.name
    bare = changed[definition.primary] if definition.primary in changed and len(changed) == 1 else changed
    return {definition.name: changed if isinstance(bare, dict) else bare}


def written_training(config: BaseModel) -> dict[str, Any]:
    """The settings of training that were given, as plain data."""
    given = [name for name in type(config).model_fields if name in config.model_fields_set]
    return {name: _written_setting(getattr(config, name)) for name in given}


def _written_setting(value: Any) -> Any:
    return written_training(value) if isinstance(value, BaseModel) else _plain(value)


def _shortest(definition: Any, name: str, value: Any) -> Any:
    """One number for several, where it stands for them: for a pair of equal ones, or for -d to d."""
    if isinstance(value, tuple) and value and isinstance(value[-1], int | float):
        try:
            if getattr(replace(definition, **{name: value[-1]}), name) == value:
                return value[-1]
        except (ValidationError, AttributeProblem):
            return value
    return value


def _plain(value: Any) -> Any:
    """Tuples as lists, definitions by their names, and text safe from being read as an expression."""
    if isinstance(value, NamedLayer):
        return value.name
    if isinstance(value, Definition):
        return written_definition(value)
    if is_dataclass(value) and not isinstance(value, type):
        return changed_settings(value)
    match value:
        case Path():
            return _plain(value.as_posix())
        case str():
            return value.replace("$", "$$")
        case Mapping():
            return {k: _plain(v) for k, v in value.items()}
        case Sequence():
            return [_plain(v) for v in value]
        case _:
            return value
