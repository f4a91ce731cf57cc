"""`graphnet ops`: the reference of everything that a spec can name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from graphnet.commands.terminal import show
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.writing.markdown import page_markdown, reference_markdown
from graphnet.frontend.writing.reference import Attribute, Page, Section, one_line, pages, sections, similar

READABLE: Final = 100
"""Columns of text where nobody says how many there are."""
INDENT: Final = (0, 0, 0, 2)

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="An operator, or a heading of the list; by default all.", show_default=False),
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown: the whole reference, or NAME's page.")]


def run(name: Name = None, markdown: Markdown = False) -> None:
    """List everything that a spec can name, or explain one thing: its formula, its gradient, its attributes."""
    found = pages(name) if name is not None else []
    listed = [section for section in sections() if name in (None, section.title)]
    if not found and not listed:
        raise _unknown(str(name))
    if markdown:
        texts = ["\n".join(page_markdown(one)) + "\n" for one in found]
        sys.stdout.write("\n".join(texts) if found else reference_markdown())
    elif found:
        show(*map(_page, found), width=READABLE)
    else:
        show(*map(_listing, listed), "`graphnet ops NAME` explains one of them.", width=READABLE)


def _unknown(name: str) -> SpecError:
    close = similar(name)
    hint = f"did you mean {' or '.join(f'`{known}`' for known in close)}?" if close else "`graphnet ops` lists all"
    message = f"there is nothing called '{name}'"
    return SpecError(
        Diagnostic("unknown-operator", message, expected="a name of `graphnet ops`", found=name, hint=hint)
    )


# -- the list --------------------------------------------------------------------------------------------------------


def _listing(section: Section) -> RenderableType:
    heading = Text.assemble((section.title, "bold"), (f"  {section.about}" if section.about else "", "dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True, min_width=22)
    table.add_column()
    for name, definition in section.definitions.items():
        table.add_row(f"  {name}", one_line(definition))
    return Group(heading, table, Text())


# -- a page ----------------------------------------------------------------------------------------------------------


def _page(found: Page) -> RenderableType:
    heading = Text.assemble((found.name, "bold cyan"), (f"  {found.kind}", "dim"))
    parts: list[RenderableType] = [heading, Text(found.summary), Text()]
    parts.append(Padding(_prose(found.formula, style="bold"), INDENT))
    parts += [Group(Text(), _prose(note)) for note in found.notes]
    if "Gradient" in found.parts:
        parts += _titled("Gradient", _prose(found.parts["Gradient"]))
    if found.attributes:
        parts += _titled("Attributes", _attributes(found.attributes))
    if "Parameters" in found.parts:
        parts += _titled("Parameters", _prose(found.parts["Parameters"]))
    parts += _titled("Example", Group(*map(_example, found.examples)))
    if found.signature is not None:
        parts += _titled("Python", Text(found.signature, "green"))
    if "Source" in found.parts:
        parts += _titled("Source", _prose(found.parts["Source"]))
    return Group(*parts, Text())


def _titled(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", "bold")
    yield Padding(body, INDENT)


def _prose(paragraph: str, style: str = "") -> Text:
    """A paragraph with its code in colour."""
    text = Text(paragraph, style)
    text.highlight_regex(r"`[^`]+`", "green")
    return text


def _example(example: tuple[str, str]) -> Text:
    code, said = example
    return Text.assemble((code, "green"), (f"  # {said}" if said else "", "dim"))


def _attributes(attributes: Sequence[Attribute]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(ratio=2)
    table.add_column(ratio=3)
    for attribute in attributes:
        default = "required" if attribute.default is None else f"default {attribute.default}"
        about = attribute.about + ("; a bare value sets it" if attribute.is_primary else "")
        table.add_row(attribute.name, f"{attribute.takes}; {default}", about)
    return table
