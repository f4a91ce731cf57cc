"""The JSON Schema of specs, for editors: completion, hover texts and red lines while a spec is written.

It is made from the registries, so it knows every operator with its attributes. It says less than the reader of specs:
names of blocks, references and expressions are text to it.

In VS Code with the YAML extension, with the schema in a file of its own, a spec says on its first line:

    # yaml-language-server: $schema=graphnet.schema.json
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from graphnet.core.types import DType
from graphnet.frontend.budgets import QUANTITIES
from graphnet.frontend.expansion.assertions import SHAPES
from graphnet.frontend.python.term import has_target
from graphnet.frontend.text.spec import VERSION
from graphnet.frontend.training import Checkpoint, EarlyStopping, TrainConfig
from graphnet.frontend.writing.docstrings import attribute_descriptions
from graphnet.ir.definitions import INITIALISERS, METRICS
from graphnet.ir.operator import REGISTRY, Operator
from graphnet.ir.settings import Choice

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": ["string", "number"], "description": "a name; it may be a number, and may hold expressions"}
EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
ENTRIES: Schema = {"$ref": "#/$defs/entries"}
CONDITION: Schema = {"anyOf": [{"type": "boolean"}, EXPRESSION]}
SOURCE: Schema = {
    "description": "values to read instead of the one before, by name",
    "anyOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}],
}
PATTERNS: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}


def json_schema() -> Schema:
    """The schema of a spec, in the dialect of draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a graphnet spec",
        **_closed(
            {
                "graphnet": {"const": VERSION, "description": "version of the language"},
                "name": {"type": "string", "description": "of the network; by default the file's"},
                "doc": {"type": "string", "description": "what it is, in a sentence"},
                "extends": {
                    "type": "string",
                    "description": "a spec whose params are merged and whose other keys are kept",
                },
                "import": {**_map(TEXT), "description": "specs to use as blocks, by name"},
                "params": {**_map({}), "description": "what can be set from outside; without a default it must be"},
                "inputs": {**_map({"$ref": "#/$defs/input"}), "description": "shapes without the batch axis, by name"},
                "blocks": _map({"$ref": "#/$defs/block"}),
                "layers": ENTRIES,
                "outputs": {**_map(NAME), "description": "values by name; by default the last layer"},
                "loss": _list({"$ref": "#/$defs/loss"}, "terms, of which the weighted sum is minimised"),
                "metrics": _list({"$ref": "#/$defs/metric"}, "what is reported besides the loss"),
                "init": {"$ref": "#/$defs/inits"},
                "freeze": {**PATTERNS, "description": "globs over the paths of parameters that are not trained"},
                "assert": _assertions(),
                "train": _settings(TrainConfig),
            },
            required=["graphnet"],
        ),
        "$defs": {
            "expression": {"type": "string", "pattern": r"\$", "description": "`$name` or `$(expression)`"},
            "entries": _list({"$ref": "#/$defs/entry"}, "each consumes the value of the one before"),
            "entry": _entry(),
            "branch": {"anyOf": [{"$ref": "#/$defs/entry"}, ENTRIES]},
            "block": _block(),
            "input": _input(),
            "loss": _term({name: op for name, op in REGISTRY.items() if op.kind != "layer"}),
            "metric": _term(METRICS),
            "inits": {**_map({"$ref": "#/$defs/initialiser"}), "description": "how parameters start, by pattern"},
            "initialiser": _choice(INITIALISERS, [{"type": "number"}, {"type": "array"}]),
        },
    }


# -- entries -----------------------------------------------------------------------------------------------------------


def _entry() -> Schema:
    """An entry among layers. Other keys than these are blocks, whose names only the spec knows."""
    layers = {name: op for name, op in REGISTRY.items() if op.kind == "layer"}
    properties = {
        "name": NAME,
        "from": SOURCE,
        "freeze": {**CONDITION, "description": "whether its parameters are left alone, statistics too"},
        "init": {"$ref": "#/$defs/inits"},
        "sequential": ENTRIES,
        "share": {**NAME, "description": "an earlier layer or block instance to apply again, with its parameters"},
        "for": {**_map({}), "description": "variables: columns to zip, or `a, b:` and rows"},
        "repeat": _open({"type": "integer", "minimum": 0, "description": "how often; `index` counts from 0"}),
        "if": CONDITION,
        "layers": ENTRIES,
        "then": ENTRIES,
        "else": ENTRIES,
        **{name: _operator(op) for name, op in layers.items()},
    }
    return {
        "anyOf": [
            {"enum": sorted(layers)},
            {"type": "string", "description": "an operator or block without attributes"},
            {"type": "object", "properties": properties, "minProperties": 1},
        ]
    }


def _operator(definition: type[Operator]) -> Schema:
    """What may stand behind an operator: nothing, its primary attribute, attributes, or branches."""
    attributes, required = _attributes(definition)
    takes_branches = definition.arity != 1
    branches: Schema = {"type": "array", "items": {"$ref": "#/$defs/branch"}}
    primary = [attributes[definition.primary]] if definition.primary is not None and not takes_branches else []
    if takes_branches:
        attributes["branches"] = branches
    forms = [
        *([] if required else [NULL]),
        *primary,
        _closed(attributes, required),
        *([branches] if takes_branches else []),
    ]
    return {"description": inspect.getdoc(definition) or "", "anyOf": forms}


def _term(definitions: Mapping[str, type[Any]]) -> Schema:
    """A loss or a metric."""
    properties: Schema = {"name": NAME, "from": SOURCE, "if": CONDITION}
    properties |= {"then": _list({}), "else": _list({})}
    if any(issubclass(definition, Operator) for definition in definitions.values()):
        properties["weight"] = _open({"type": "number", "description": "multiplies the term"})
    for name, definition in definitions.items():
        attributes, required = _attributes(definition)
        if issubclass(definition, Operator) and definition.kind == "regulariser":
            about: Schema = {"pattern": PATTERNS}
        elif not issubclass(definition, Operator) or has_target(definition):
            about = {"target": TEXT}
        else:
            about = {}
        forms = [*about.values(), _closed(about | attributes, required), NULL]
        properties[name] = {"description": inspect.getdoc(definition) or "", "anyOf": forms}
    chosen = {
        "type": "object",
        "properties": properties,
        "patternProperties": {r"^\$": {}},
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": sorted(definitions)}, EXPRESSION, chosen]}


def _block() -> Schema:
    return _closed(
        {
            "doc": TEXT,
            "params": {
                **_map({}),
                "description": "the first may be set by a bare value; without a default it must be set",
            },
            "inputs": {"type": "array", "items": TEXT, "minItems": 1, "description": "names, if there are several"},
            "layers": ENTRIES,
            "outputs": _map(NAME),
        },
        ["layers"],
    )


def _input() -> Schema:
    shape = {"anyOf": [{"type": "array", "items": _open({"type": "integer", "minimum": 1})}, EXPRESSION]}
    dtype = {"anyOf": [TypeAdapter(DType).json_schema(), EXPRESSION]}
    return {"anyOf": [*shape["anyOf"], _closed({"shape": shape, "dtype": dtype}, ["shape"])]}


def _assertions() -> Schema:
    bound = {"type": ["number", "string"], "description": 'a number, or a bound as text: "<= 512 MiB"'}
    shapes = _map({"anyOf": [{"type": "array"}, EXPRESSION]})
    return _closed({**dict.fromkeys(QUANTITIES, bound), **dict.fromkeys(SHAPES, shapes)})


# -- definitions and settings ------------------------------------------------------------------------------------------


def _attributes(definition: type[Any]) -> tuple[Schema, list[str]]:
    """The attributes of an operator or another definition, and which of them must be given."""
    made = TypeAdapter(definition).json_schema()
    inlined = _inline(made, made.get("$defs", {}))
    described = attribute_descriptions(definition)
    properties = {
        name: {**_open(schema), "description": described.get(name, "")}
        for name, schema in inlined.get("properties", {}).items()
    }
    return properties, list(inlined.get("required", ()))


def _choice(registry: Mapping[str, type[Any]], others: Iterable[Schema] = ()) -> Schema:
    """One definition of a registry: its name, or its name with settings."""
    properties = {}
    for name, definition in registry.items():
        attributes, required = _attributes(definition)
        primary = [attributes[definition.primary]] if definition.primary in attributes else []
        forms = [*([] if required else [NULL]), *primary, _closed(attributes, required)]
        properties[name] = {"description": inspect.getdoc(definition) or "", "anyOf": forms}
    one = {**_closed(properties), "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"enum": sorted(registry)}, one, EXPRESSION, *others]}


def _settings(model: type[BaseModel]) -> Schema:
    described = attribute_descriptions(model)
    properties = {
        name: {**_setting(field), "description": described.get(name, "")} for name, field in model.model_fields.items()
    }
    return _closed(properties)


def _setting(field: FieldInfo) -> Schema:
    """The schema of one setting of training."""
    choice = next((m for m in field.metadata if isinstance(m, Choice)), None)
    if choice is not None:
        return _choice(choice.known, [{"type": "number"}] if float in _members(field.annotation) else [])
    listed = next((m for part in _members(field.annotation) for m in get_args(part) if isinstance(m, Choice)), None)
    if listed is not None:  # a list of definitions, or one
        one = _choice(listed.known)
        return {"anyOf": [one, _list(one), NULL]}
    for model in (EarlyStopping, Checkpoint):  # a bare number is their first setting
        if model in _members(field.annotation):
            return {"anyOf": [{"type": "integer"}, EXPRESSION, _settings(model)]}
    annotation: Any = field.annotation
    schema = TypeAdapter(annotation).json_schema()
    if schema.get("additionalProperties") == {"type": "string"}:  # weights: a path alone is the whole network's
        return {"anyOf": [TEXT, schema]}
    return _open(schema)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the type itself."""
    return getattr(annotation, "__args__", (annotation,))


# -- small pieces ------------------------------------------------------------------------------------------------------


def _open(schema: Schema) -> Schema:
    """The schema, or an expression in its place or in the place of an element."""
    inner = {key: value for key, value in schema.items() if key not in ("title", "default", "description")}
    if not inner:
        return schema
    if "items" in inner:
        inner["items"] = _open(inner["items"])
    if "prefixItems" in inner:
        inner["prefixItems"] = [_open(one) for one in inner["prefixItems"]]
    alternatives = [_open(one) for one in inner["anyOf"]] if "anyOf" in inner else [inner]
    outer: Schema = {key: schema[key] for key in ("default", "description") if key in schema}
    return {**outer, "anyOf": [*alternatives, EXPRESSION]}


def _inline(schema: Any, definitions: Mapping[str, Schema]) -> Any:
    """The schema without references to definitions of its own."""
    if isinstance(schema, list):
        return [_inline(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _inline(value, definitions) for key, value in schema.items() if key != "$defs"}


def _closed(properties: Schema, required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    names = list(required)
    return {**found, "required": names} if names else found


def _map(values: Schema) -> Schema:
    """A mapping of any names to such values."""
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema, description: str = "") -> Schema:
    found: Schema = {"type": "array", "items": items}
    return {**found, "description": description} if description else found
