"""Attributes that name other values of the network.

`center_crop: {like: upsample}` reads a value; `max_unpool2d: {pool: encoder.pool1}` reads what a layer keeps besides
its value, and knows how it was made. A spec resolves such a name as it resolves `from`; in Python a tensor stands
there. The operands that it stands for come behind those that the operator's `arity` counts, in the attributes' order.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar, cast, get_args, get_type_hints

from pydantic import PlainValidator, WithJsonSchema

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator

Op = TypeVar("Op", bound=Operator)

VALUE: Final = "the name of a value"
LAYER: Final = "the name of a layer"

Reference = Annotated[str, VALUE]
"""An attribute that names a value, which becomes an operand; the attribute holds the value's full name."""


@dataclass(frozen=True)
class NamedLayer:
    """What a `LayerReference` holds.

    Attributes:
        name: the layer's path.
        operator: with its attributes.
        operands: the types of what the layer consumes.
    """

    name: str
    operator: Operator
    operands: tuple[TensorType, ...]

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """The types of its value, and of what it keeps besides."""
        return self.operator.infer(*self.operands)

    def __str__(self) -> str:
        return self.name


def _named_layer(value: Any) -> NamedLayer:
    if not isinstance(value, NamedLayer):
        raise ValueError(LAYER)
    return value


LayerReference = Annotated[NamedLayer, LAYER, PlainValidator(_named_layer), WithJsonSchema({"type": "string"})]
"""An attribute that names a layer: what this one keeps becomes operands, and the attribute says how it was made."""


def reference_attributes(definition: type[Any]) -> tuple[str, ...]:
    """The attributes of an operator class that are references (or None), in their order."""
    return tuple(_references(cast(Hashable, definition)))


@lru_cache(maxsize=512)
def _references(definition: Any) -> Mapping[str, str]:
    """What each of them names, `VALUE` or `LAYER`."""
    hints = get_type_hints(definition, include_extras=True)
    return {name: kind for name, hint in hints.items() if (kind := _kind_of(hint)) is not None}


def _kind_of(hint: Any) -> str | None:
    own = next((kind for kind in (VALUE, LAYER) if kind in getattr(hint, "__metadata__", ())), None)
    return own or next((kind for part in get_args(hint) if (kind := _kind_of(part))), None)


def resolved(definition: type[Operator], attribute: str, value: Value) -> tuple[str | NamedLayer, tuple[Value, ...]]:
    """What an attribute that names a value holds, and the operands that it stands for.

    Raises:
        AttributeProblem: it must name a layer, and the value is none's.
    """
    if _references(cast(Hashable, definition))[attribute] == VALUE:
        return value.name, (value,)
    layer = value.producer
    if layer is None:
        raise AttributeProblem(
            f"`{attribute}` names no layer", attribute=attribute, code="reference", expected=LAYER,
            found=f"the {value.role} '{value.name}'",
        )  # fmt: skip
    types = tuple(operand.type for operand in layer.inputs[: layer.operands])
    return NamedLayer(layer.name, layer.op, types), layer.outputs[1:]


def reference_counts(op: Operator) -> dict[str, int]:
    """The references of an operator that are set, each with the number of operands that it stands for."""
    held = {name: getattr(op, name) for name in reference_attributes(type(op))}
    return {
        name: len(value.outputs) - 1 if isinstance(value, NamedLayer) else 1
        for name, value in held.items()
        if value is not None
    }


def with_references(op: Op, values: Mapping[str, Value]) -> tuple[Op, list[Value]]:
    """The operator with other values for the references that it has, and all operands that they stand for."""
    settings: dict[str, str | NamedLayer] = {}
    operands: list[Value] = []
    for attribute in reference_counts(op):
        settings[attribute], stood_for = resolved(type(op), attribute, values[attribute])
        operands += stood_for
    return (cast(Op, replace(cast(Any, op), **settings)) if settings else op), operands


def with_names(op: Op, names: Mapping[str, str]) -> Op:
    """The operator with references to the same values, which are called otherwise."""
    renamed: dict[str, str | NamedLayer] = dict(names)
    for attribute, name in names.items():
        if isinstance(layer := getattr(op, attribute), NamedLayer):
            renamed[attribute] = replace(layer, name=name)
    return cast(Op, replace(cast(Any, op), **renamed)) if renamed else op
