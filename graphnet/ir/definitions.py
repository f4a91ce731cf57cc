"""Registries for what a spec names besides operators: metrics, initialisers, optimizers, schedules,
sources of data, augmentations.

Each definition is one file that registers a frozen, validated dataclass, as operators do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

T = TypeVar("T", bound=type)


class Definition:
    """Something a spec can name, with settings.

    Class attributes:
        name: as specs write it.
        primary: the setting that a bare value sets, or None.
    """

    name: ClassVar[str]
    primary: ClassVar[str | None] = None


class Registry(dict[str, type[Any]]):
    """Definitions of one kind by name.

    Args:
        kind: in words, for messages: `metric`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    @dataclass_transform(frozen_default=True)
    def register(self, name: str, *, primary: str | None = None) -> Callable[[T], T]:
        """Class decorator: make it a validated dataclass and keep it under `name`."""

        def decorate(cls: Any) -> Any:
            cls.name, cls.primary = name, primary
            made = pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))(cls)
            if name in self:
                raise TypeError(f"{self.kind} {name} is defined twice")
            self[name] = made
            return made

        return decorate


METRICS = Registry("metric")
INITIALISERS = Registry("initialiser")
OPTIMIZERS = Registry("optimizer")
SCHEDULES = Registry("schedule")
SOURCES = Registry("data source")
AUGMENTATIONS = Registry("augmentation")

REGISTRIES = (METRICS, INITIALISERS, OPTIMIZERS, SCHEDULES, SOURCES, AUGMENTATIONS)
"""All of them, in the order of the reference."""
