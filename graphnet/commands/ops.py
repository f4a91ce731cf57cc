"""`graphnet ops`: the reference of everything that a spec can name, from the docstrings of the definitions."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from pydantic import TypeAdapter
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import graphnet.ops  # noqa: F401 - registers what specs can name
from graphnet.commands.terminal import show
from graphnet.commands.wording import as_yaml, in_words
from graphnet.core.diagnostics import Diagnostic, SpecError, nearest
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.settings import default_of, is_required, settings_of
from graphnet.frontend.writing.docstrings import attribute_descriptions
from graphnet.ir.definitions import AUGMENTATIONS, INITIALISERS, METRICS, OPTIMIZERS, SCHEDULES, SOURCES
from graphnet.ir.operator import REGISTRY

READABLE: Final = 100
"""Columns of text where nobody says how many there are."""
_HEADING = re.compile(r"^([A-Z]\w+):( |$)", re.MULTILINE)

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="What to explain; all are listed without.", show_default=False)
]


@dataclass(frozen=True)
class Section:
    """Definitions of one kind.

    Attributes:
        heading: over the list.
        kind: of each of them, in words.
        definitions: by name.
    """

    heading: str
    kind: str
    definitions: Mapping[str, type[Any]]


def run(name: Name = None) -> None:
    """List everything that a spec can name, or explain one thing: its formula, its gradient, its attributes."""
    if name is None:
        lists = [Group(Text(s.heading, "bold"), _listing(s.definitions)) for s in sections()]
        show(*lists, "`graphnet ops NAME` explains one of them.", width=READABLE)
        return
    found = [page(s.definitions[name], s.kind) for s in sections() if name in s.definitions]
    if not found:
        close = nearest(name, [known for s in sections() for known in s.definitions])
        raise SpecError(
            Diagnostic("unknown-operator", f"there is nothing called '{name}'", expected="a name of `graphnet ops`",
                       found=name, hint=f"did you mean `{close}`?" if close else None)
        )  # fmt: skip
    show(*found, width=READABLE)


def sections() -> list[Section]:
    """All that specs can name: layers by category, then what stands elsewhere in a spec."""
    layers: dict[str, dict[str, type[Any]]] = {}
    terms: dict[str, dict[str, type[Any]]] = {"loss": {}, "regulariser": {}}
    for name, operator in sorted(REGISTRY.items()):
        found = layers.setdefault(operator.category, {}) if operator.kind == "layer" else terms[operator.kind]
        found[name] = operator
    registries = (METRICS, INITIALISERS, OPTIMIZERS, SCHEDULES, SOURCES, AUGMENTATIONS)
    others = {registry.kind: dict(sorted(registry.items())) for registry in registries}
    return [
        *(Section(f"layers: {title}", f"layer ({title})", found) for title, found in sorted(layers.items())),
        *(
            Section(f"{kind}{'es' if kind.endswith('s') else 's'}", kind, known)
            for kind, known in (terms | others).items()
        ),
    ]


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def page(definition: type[Any], kind: str) -> RenderableType:
    """All about one definition."""
    parts: list[RenderableType] = [
        Text.assemble((definition.name, "bold cyan"), ("  " + kind, "dim")),
        Text(one_line(definition)),
        *_usage(definition),
    ]
    if settings_of(definition):
        parts += [Text("\nAttributes", "bold"), Padding(_attributes(definition), (0, 0, 0, 2))]
    return Group(*parts, *_paragraphs(definition), Text())


def one_line(definition: type[Any]) -> str:
    """What a definition is, as its module's docstring says it behind the name."""
    docstring = sys.modules[definition.__module__].__doc__ or ""
    return docstring.split("\n")[0].partition(": ")[2].rstrip(".")


def _listing(definitions: Mapping[str, type[Any]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True, min_width=22)
    table.add_column()
    for name, definition in definitions.items():
        table.add_row(f"  {name}", one_line(definition))
    table.add_row()
    return table


def _usage(definition: type[Any]) -> Iterator[RenderableType]:
    if definition.name in REGISTRY and REGISTRY[definition.name] is definition:
        signature = inspect.signature(operator_function(definition.name))
        shown = signature.replace(return_annotation=inspect.Signature.empty)
        yield Padding(Text(f"gn.{definition.name}{shown}", "green"), (1, 0, 0, 2))


def _attributes(definition: type[Any]) -> Table:
    schema = TypeAdapter(definition).json_schema().get("properties", {})
    described = attribute_descriptions(definition)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(ratio=2)
    table.add_column(ratio=3)
    for name, field in settings_of(definition).items():
        kind = in_words(schema.get(name, {}))
        default = "required" if is_required(field) else f"default {as_yaml(default_of(field))}"
        about = described.get(name, "").rstrip(".") + ("; a bare value sets it" if name == definition.primary else "")
        table.add_row(name, f"{kind}; {default}", about)
    return table


def _paragraphs(definition: type[Any]) -> Iterator[RenderableType]:
    """The docstring: paragraphs are filled to the width of the terminal, indented lines stay as they are."""
    for block in inspect.cleandoc(definition.__doc__ or "").split("\n\n"):
        lines = block.splitlines()
        if lines[0] == "Attributes:":
            continue
        is_verbatim = len(lines) > 1 and all(line.startswith("    ") for line in lines[1:])
        text = Text("\n" + ("\n".join(lines) if is_verbatim else " ".join(lines)))
        text.highlight_regex(_HEADING, "bold")
        text.highlight_regex(r"`[^`]+`", "green")
        yield text
