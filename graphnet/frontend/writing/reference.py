"""The reference: everything that a spec can name, as its definition's docstring and fields tell it.

Pages are data here; `graphnet.commands.ops` prints them, and `graphnet.frontend.writing.markdown` writes them down.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

import graphnet.ops  # noqa: F401 - registers what specs can name
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.settings import default_of, is_required, settings_of
from graphnet.frontend.writing.docstrings import attribute_descriptions, examples
from graphnet.frontend.writing.wording import as_yaml, in_words
from graphnet.ir.definitions import REGISTRIES
from graphnet.ir.operator import REGISTRY

CATEGORIES: Final = {
    "activation": "one number in, one number out",
    "arithmetic": "values of equal shapes, or shapes that fit, element by element",
    "contraction": "sums of products with learned weights: where the multiply-adds are",
    "movement": "elements at other places, none computed",
    "normalisation": "values of a common scale",
    "pooling": "one number for each window",
    "reduction": "one number for whole axes",
    "regularisation": "noise in training, nothing in predictions",
}
"""What the layers of a category have in common."""
KINDS: Final = {
    "loss": "what training minimises, under `loss`; a prediction against a target",
    "regulariser": "functions of parameters, under `loss`",
    "metric": "what is reported besides the loss, under `metrics`",
    "initialiser": "how parameters start, under `init`",
    "optimizer": "what becomes of the gradients, under `train`",
    "schedule": "the learning rate over time, under `train`",
    "data source": "where samples come from, under `train`",
    "augmentation": "random changes of samples, under `train`",
}
"""What everything that is no layer is for."""
HEADINGS: Final = ("Gradient", "Parameters", "Source", "Attributes", "Example")
"""Parts of docstrings that have a place of their own on a page."""
SUGGESTED: Final = 4
"""Names that are suggested for one that does not exist."""


@dataclass(frozen=True)
class Section:
    """Definitions of one kind.

    Attributes:
        title: the category of layers, or the kind in the plural: `activation`, `losses`.
        kind: of each of them, in words.
        about: what they have in common.
        definitions: by name.
    """

    title: str
    kind: str
    about: str
    definitions: Mapping[str, type[Any]]


@dataclass(frozen=True)
class Attribute:
    """One attribute of a definition.

    Attributes:
        takes: what may be written, in words.
        default: as a spec writes it; None where a value is required.
        about: what it means.
        is_primary: whether a bare value sets it.
    """

    name: str
    takes: str
    default: str | None
    about: str
    is_primary: bool


@dataclass(frozen=True)
class Page:
    """All about one definition.

    Attributes:
        kind: what it is: `layer (activation)`, `loss`.
        summary: in a few words.
        formula: the first paragraph of its docstring.
        notes: the paragraphs without a heading that follow.
        parts: those with a heading of `HEADINGS`: `Gradient`, `Parameters`, `Source`.
        examples: lines of specs, each with what is said about it.
        attributes: in their order.
        signature: of the Python function, if there is one.
    """

    name: str
    kind: str
    summary: str
    formula: str
    notes: tuple[str, ...]
    parts: Mapping[str, str]
    examples: tuple[tuple[str, str], ...]
    attributes: tuple[Attribute, ...]
    signature: str | None


def sections() -> list[Section]:
    """All that specs can name: layers by category, then what stands elsewhere in a spec."""
    layers: dict[str, dict[str, type[Any]]] = {}
    others: dict[str, dict[str, type[Any]]] = {"loss": {}, "regulariser": {}}
    for name, operator in sorted(REGISTRY.items()):
        known = layers.setdefault(operator.category, {}) if operator.kind == "layer" else others[operator.kind]
        known[name] = operator
    others |= {registry.kind: dict(sorted(registry.items())) for registry in REGISTRIES}
    return [
        *(Section(name, f"layer ({name})", CATEGORIES.get(name, ""), known) for name, known in sorted(layers.items())),
        *(Section(_plural(kind), kind, KINDS.get(kind, ""), known) for kind, known in others.items() if known),
    ]


def pages(name: str) -> list[Page]:
    """All that is called so: `step` is an activation, and a schedule."""
    return [page(s.definitions[name], s.kind) for s in sections() if name in s.definitions]


def page(definition: type[Any], kind: str) -> Page:
    """What there is to say about one definition."""
    formula, notes, parts = _parted(inspect.cleandoc(definition.__doc__ or ""))
    example, _ = parts.pop("Example", ""), parts.pop("Attributes", "")
    is_operator = REGISTRY.get(definition.name) is definition
    return Page(
        definition.name, kind, one_line(definition), formula, tuple(notes), parts,
        examples=tuple(examples(example)), attributes=tuple(_attributes(definition)),
        signature=_signature(definition.name) if is_operator else None,
    )  # fmt: skip


def one_line(definition: type[Any]) -> str:
    """What a definition is, as its module's docstring says it behind the name."""
    docstring = sys.modules[definition.__module__].__doc__ or ""
    return docstring.split("\n")[0].partition(": ")[2].rstrip(".")


def similar(name: str) -> list[str]:
    """Names that somebody may have meant who wrote another framework's (`BatchNorm2d`), or a part of one (`pool`)."""
    squashed: dict[str, list[str]] = {}
    for known in dict.fromkeys(known for s in sections() for known in (*s.definitions, s.title)):
        squashed.setdefault(_squashed(known), []).append(known)
    word = _squashed(name[:80])
    if word in squashed:
        return squashed[word]
    close = difflib.get_close_matches(word, squashed, n=SUGGESTED, cutoff=0.65) if word else []
    parts = [known for known in squashed if len(word) >= 3 and (word in known or word.startswith(known))]
    found = [known for key in dict.fromkeys([*close, *sorted(parts, key=len)]) for known in squashed[key]]
    return found[:SUGGESTED]


def _squashed(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _parted(docstring: str) -> tuple[str, list[str], dict[str, str]]:
    """A clean docstring as its first paragraph, those without a heading, and those with one."""
    first, *paragraphs = (" ".join(paragraph.split()) for paragraph in docstring.split("\n\n"))
    notes: list[str] = []
    parts: dict[str, str] = {}
    for paragraph in paragraphs:
        heading, colon, rest = paragraph.partition(":")
        if colon and heading in HEADINGS:
            parts[heading] = rest.strip()
        else:
            notes.append(paragraph)
    return first, notes, parts


def _attributes(definition: type[Any]) -> Iterator[Attribute]:
    schema = TypeAdapter(definition).json_schema().get("properties", {})
    described = attribute_descriptions(definition)
    for name, field in settings_of(definition).items():
        takes, about = in_words(schema.get(name, {})), described.get(name, "")
        about = about if about.endswith("...") else about.removesuffix(".")
        default = None
        if not is_required(field):
            value = default_of(field)
            is_one = isinstance(value, tuple) and len(value) > 1 and len(set(value)) == 1 and " or a " in takes
            default = as_yaml(value[0] if is_one else value)
        yield Attribute(name, takes, default, about, name == definition.primary)


def _signature(name: str) -> str:
    signature = inspect.signature(operator_function(name))
    return f"gn.{name}{signature.replace(return_annotation=inspect.Signature.empty)}"
