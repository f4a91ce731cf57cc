"""How a spec names a definition and gives its settings: `sgd`, `{sgd: 0.1}`, `{sgd: {lr: 0.1, momentum: 0.9}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.ir.definitions import Definition, Registry

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; a bool or a text is an error, never converted."""
Flag = Annotated[bool, Field(strict=True)]
"""True or false; a number or a text is an error, never converted."""
NonNegativeNumber = Annotated[Number, Field(ge=0)]
PositiveNumber = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
"""A part of a whole, both ends included."""
Retention = Annotated[Number, Field(ge=0, lt=1)]
"""The part of a running mean that is kept from step to step."""
Count = Annotated[int, Field(strict=True, ge=1)]
NonNegativeCount = Annotated[int, Field(strict=True, ge=0)]


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | int) and not isinstance(value, bool) else value


def listed(value: Any) -> Any:
    """One definition, or a list of them, as a tuple."""
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, str | Mapping | Definition) else value


def not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse an empty list. (A `min_length` would also complain of a list whose elements do not fit.)"""
    if value:
        return value
    raise PydanticCustomError("empty", "the list is empty", {"expected": "at least one"})


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_text, json_schema_input_type=str | int)]
"""A text, or a whole number that stands for one."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed, json_schema_input_type=Name | tuple[Name, ...])]
"""One name, or a list of them."""
NamesByName = Mapping[str, Names]
"""Names for each of several things."""


@dataclass(frozen=True)
class _Chosen:
    """A head with its settings, on its way to the definition's own validation."""

    head: str
    settings: dict[str, Any]


def _settings(chosen: _Chosen) -> dict[str, Any]:
    return chosen.settings


@dataclass(frozen=True, eq=False)
class Choice:
    """Annotation of a field that holds one definition of a registry: `Annotated[Optimizer, Choice(OPTIMIZERS)]`.

    The field takes an instance, or what a spec writes: the definition's name, `{name: primary}`, or
    `{name: {setting: value}}`. Errors carry the path `(field, name, setting)`. An unknown name has the error type
    `unknown_name`; contexts hold `expected`, `found`, `hint` and `attribute` where they are known.

    The definitions are those registered when the model that has the field is built.

    Attributes:
        registry: holds the definitions.
        optional: whether None stands for no definition.
        excluded: names of definitions that are not meant here.
    """

    registry: Registry
    optional: bool = False
    excluded: tuple[str, ...] = ()

    @property
    def known(self) -> dict[str, type[Any]]:
        """The definitions that may be named."""
        return {name: cls for name, cls in self.registry.items() if name not in self.excluded}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        kinds = {name: handler.generate_schema(cls) for name, cls in self.known.items()}
        written = core_schema.tagged_union_schema(
            {name: core_schema.no_info_before_validator_function(_settings, kind) for name, kind in kinds.items()},
            discriminator=lambda chosen: chosen.head,
            strict=False,  # YAML has lists where definitions have tuples; numbers are strict by their own types
        )
        return core_schema.no_info_wrap_validator_function(self._read, written)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """A name, alone or with its settings, which are not described; `$comment` says what is meant in words."""
        one = {"type": "object", "propertyNames": {"enum": sorted(self.known)}, "minProperties": 1, "maxProperties": 1}
        return {"$comment": self.registry.kind, "anyOf": [{"enum": sorted(self.known)}, one]}

    def _read(self, value: Any, definition: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if type(value) in self.known.values() or (value is None and self.optional):
            return value
        try:
            return definition(self._chosen(value))
        except AttributeProblem as problem:
            facts = {name: getattr(problem, name) for name in ("expected", "found", "hint", "attribute")}
            context = {name: fact for name, fact in facts.items() if fact is not None}
            raise PydanticCustomError("setting", "{message}", {"message": problem.message, **context}) from None

    def _chosen(self, value: Any) -> _Chosen:
        kind = self.registry.kind
        settings: Any = None
        match value:
            case str():
                head = value
            case Mapping() if len(value) == 1 and isinstance(next(iter(value)), str):
                ((head, settings),) = value.items()
            case _:
                raise AttributeProblem(
                    f"this names no {kind}",
                    expected=f"the name of one {kind}, alone or with its settings: `name: {{setting: value}}`",
                )
        if head not in self.known:
            raise self._unknown(head)
        if settings is None:
            return _Chosen(head, {})
        if isinstance(settings, Mapping):
            return _Chosen(head, dict(settings))
        primary = self.registry[head].primary
        if primary is None:
            raise AttributeProblem(
                f"{kind} '{head}' takes its settings by name", expected=f"`{head}: {{setting: value}}`"
            )
        return _Chosen(head, {primary: settings})

    def _unknown(self, head: str) -> PydanticCustomError:
        close = nearest(head, self.known)
        context = {"expected": f"one of {', '.join(sorted(self.known))}"}
        if close:
            context["hint"] = f"did you mean `{close}`?"
        return PydanticCustomError("unknown_name", f"there is no {self.registry.kind} '{head}'", context)
