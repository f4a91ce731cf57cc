"""The reference as one Markdown file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from graphnet.frontend.writing.reference import Attribute, Page, Section, page, sections

WIDTH: Final = 100
"""Columns of formulas and signatures."""
_SPECIAL: Final = re.compile(r"([\\*<>\[\]|]|\b_|_\b)")
_CODE: Final = re.compile(r"(`[^`]*`)")


def reference_markdown() -> str:
    """Everything that specs can name: contents, then a page for each definition."""
    lines = ["# Reference of graphnet", "", "Everything that a spec can name. This file is the output of",
             "`graphnet ops --markdown`.", ""]  # fmt: skip
    for section in sections():
        names = ", ".join(f"[{_text(name)}](#{_anchor(section, name)})" for name in section.definitions)
        lines.append(f"* **{section.title}**: {names}")
    for section in sections():
        lines += ["", f"## {section.title}", "", *_about(section)]
        for name, definition in section.definitions.items():
            lines += ["", f'<a id="{_anchor(section, name)}"></a>', "", *page_markdown(page(definition, section.kind))]
    return "\n".join(lines) + "\n"


def page_markdown(found: Page) -> Iterator[str]:
    """The lines of one page."""
    yield from (f"### {_text(found.name)}", "", f"*{found.kind}*: {_text(found.summary)}.", "")
    yield from ("```text", *textwrap.wrap(found.formula, WIDTH), "```")
    for note in found.notes:
        yield from ("", _text(note))
    if "Gradient" in found.parts:
        yield from ("", f"**Gradient:** {_text(found.parts['Gradient'])}")
    if found.attributes:
        yield from ("", *_table(found.attributes))
    if "Parameters" in found.parts:
        yield from ("", f"**Parameters:** {_text(found.parts['Parameters'])}")
    yield from ("", "```yaml", *(f"{code}  # {said}" if said else code for code, said in found.examples), "```")
    if found.signature:
        yield from ("", "```python", *textwrap.wrap(found.signature, WIDTH, subsequent_indent="    "), "```")
    if "Source" in found.parts:
        yield from ("", f"**Source:** {_text(found.parts['Source'])}")


def _table(attributes: Iterable[Attribute]) -> Iterator[str]:
    yield from ("| attribute | takes | default | meaning |", "|---|---|---|---|")
    for attribute in attributes:
        default = "required" if attribute.default is None else f"`{attribute.default}`".replace("|", r"\|")
        about = _text(attribute.about) + ("; a bare value sets it" if attribute.is_primary else "")
        yield f"| `{attribute.name}` | {_text(attribute.takes)} | {default} | {about} |"


def _about(section: Section) -> Iterator[str]:
    if section.about:
        yield f"{section.about[0].upper()}{section.about[1:]}."


def _anchor(section: Section, name: str) -> str:
    """A name of several kinds has a place for each."""
    return f"{section.title}-{name}".replace(" ", "-")


def _text(words: str) -> str:
    """Prose with what Markdown would take for markup escaped; code stays code."""
    parts = _CODE.split(words)
    return "".join(part if k % 2 else _SPECIAL.sub(r"\\\1", part) for k, part in enumerate(parts))
