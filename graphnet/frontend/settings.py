"""From what a user wrote to a validated operator, metric, initialiser, optimizer or schedule.

Operators and the other definitions are validated dataclasses alike, so both front ends make them here, and a
mistake reads the same in YAML and in Python.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.ir.definitions import INITIALISERS, Definition, Registry

D = TypeVar("D")


WORDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "a number or a list of numbers",
    "too_long": "at most {max_length} elements",
    "too_short": "at least {min_length} elements",
    "missing": "one more element",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
}
"""What pydantic's kinds of errors mean to somebody who writes a spec."""


class SettingsError(Exception):
    """What is wrong with a definition's settings: at least one problem, each naming its `attribute`."""

    def __init__(self, problems: list[AttributeProblem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


def settings_of(definition: Any) -> dict[str, Field[Any]]:
    """The attributes that a user may set, by name, in their order; for a class or an instance."""
    return {f.name: f for f in fields(definition) if f.init}


def is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def default_of(field: Field[Any]) -> Any:
    """The default of an attribute that has one."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def construct(definition: type[D], settings: Mapping[str, Any], subject: str) -> D:
    """Make an operator or another definition, strictly: text is no number, and a number no truth value.

    Args:
        definition: a registered class.
        settings: attribute values by name; lists stand for tuples.
        subject: the thing in words, for messages: `conv2d 'stem.conv1'`.

    Raises:
        SettingsError: unknown, missing or unfit attributes, all of them.
    """
    known = settings_of(definition)
    problems = [_unknown(name, list(known), subject) for name in settings if name not in known]
    missing = [name for name, field in known.items() if is_required(field) and name not in settings]
    problems += [
        AttributeProblem(
            f"{subject} needs `{name}`", code="missing-attribute", attribute=name,
            expected=f"a value for `{name}`", found=", ".join(f"`{s}`" for s in settings) or "no attributes",
        )
        for name in missing
    ]  # fmt: skip
    usable = {name: value for name, value in settings.items() if name in known}
    problems += [p for name, value in usable.items() if (p := _mistaken(name, value, subject)) is not None]
    blamed = {p.attribute for p in problems}
    try:
        made = definition(**usable)
    except ValidationError as error:
        problems += _unfit(error, usable, subject, blamed)
    except AttributeProblem as problem:
        problems.append(problem)
    else:
        problems += [
            _wrong_kind(name, value, getattr(made, name), subject)
            for name, value in usable.items()
            if name not in blamed and _is_coerced(value, getattr(made, name))
        ]
        if not problems:
            return made
    raise SettingsError(problems)


def read_definition(registry: Registry, given: Any, subject: str) -> Definition:
    """The definition that a name, a number or a mapping of one name stands for.

    `zeros`, `{normal: {std: 0.01}}` and `{normal: 0.01}` (the primary setting) name initialisers; among these, a
    number or a nested list is a `constant`.

    Raises:
        SettingsError: there is no such definition, or its settings do not fit.
    """
    name, value = given, None
    if isinstance(given, Mapping) and len(given) == 1:
        ((name, value),) = given.items()
    elif registry is INITIALISERS and isinstance(given, int | float | list | tuple) and not isinstance(given, bool):
        name, value = "constant", given
    if isinstance(given, Definition) and type(given) in registry.values():
        return given
    if not isinstance(name, str) or name not in registry:
        close = nearest(str(name), registry)
        raise SettingsError([
            AttributeProblem(
                f"{subject}: there is no {registry.kind} '{name}'", code=f"unknown-{registry.kind}",
                expected=", ".join(sorted(registry)), found=repr(given),
                hint=f"did you mean `{close}`?" if close else None,
            )
        ])  # fmt: skip
    definition = registry[name]
    if value is not None and not isinstance(value, Mapping) and definition.primary is None:
        raise SettingsError([
            AttributeProblem(
                f"{subject}: {name} takes its settings by name", code="value", found=repr(value),
                expected=f"`{name}: {{setting: value}}` with {', '.join(settings_of(definition)) or 'nothing to set'}",
            )
        ])  # fmt: skip
    return cast(Definition, construct(definition, as_settings(definition, value), f"{subject}: {name}"))


def as_settings(definition: type[Any], value: Any) -> dict[str, Any]:
    """Settings as a mapping: a bare value is the primary one, and None sets nothing."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    return {definition.primary or "value": value}


def _unknown(name: str, known: list[str], subject: str) -> AttributeProblem:
    close = nearest(name, known)
    return AttributeProblem(
        f"{subject} has no attribute '{name}'", code="unknown-attribute", attribute=name,
        expected=", ".join(known) or "no attributes", found=name, hint=f"did you mean `{close}`?" if close else None,
    )  # fmt: skip


def _mistaken(name: str, value: Any, subject: str) -> AttributeProblem | None:
    """No attribute is ever 'not a number', whatever its limits say."""
    if isinstance(value, float) and math.isnan(value):
        return AttributeProblem(
            f"{subject}: `{name}` cannot be nan", code="value", attribute=name, expected="a number", found="nan"
        )
    return None


def _unfit(
    error: ValidationError, given: Mapping[str, Any], subject: str, blamed: set[str | None]
) -> list[AttributeProblem]:
    """One problem for each attribute that pydantic refused, whatever number of alternatives it tried."""
    expected: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for one in error.errors(include_url=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        said = WORDS.get(one["type"])
        text = said.format_map(one.get("ctx", {})) if said else one["msg"]
        text = text.removeprefix("Input should be ").removeprefix("Value error, ")
        place = "".join(f"[{part}]" for part in one["loc"][1:] if isinstance(part, int))
        if not isinstance(given.get(name), list | tuple):  # a number that stands for two or more
            place = ""
        found.setdefault(name, given.get(name, one["input"]))
        texts = expected.setdefault(name, [])
        texts += [t for t in [f"{place} {text}".strip()] if t not in texts]
    return [
        AttributeProblem(
            f"{subject}: `{name}` does not fit" if name else f"{subject}: its attributes do not fit",
            code="value", attribute=name or None, expected=" or ".join(texts), found=repr(found[name]),
        )
        for name, texts in expected.items()
        if name not in blamed and not (name and found[name] is MISSING)
    ]  # fmt: skip


def _is_coerced(given: Any, made: Any) -> bool:
    """Whether validation read text as a number, or mixed numbers and truth values."""
    if isinstance(given, str | bytes):
        return not isinstance(made, str | bytes)
    return isinstance(given, int | float) and isinstance(given, bool) != isinstance(made, bool) and not isinstance(
        made, tuple
    )  # fmt: skip


def _wrong_kind(name: str, given: Any, made: Any, subject: str) -> AttributeProblem:
    wanted = {bool: "true or false", float: "a number", int: "a whole number"}.get(type(made), type(made).__name__)
    return AttributeProblem(
        f"{subject}: `{name}` does not fit", code="value", attribute=name, expected=wanted, found=repr(given)
    )
