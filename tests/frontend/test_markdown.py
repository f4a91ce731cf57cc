"""The reference as Markdown, read back by a parser of Markdown."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from graphnet.frontend.writing.markdown import page_markdown, reference_markdown
from graphnet.frontend.writing.reference import Page, page, sections

PARSER = MarkdownIt("commonmark").enable("table")
PAGES = [page(definition, section.kind) for section in sections() for definition in section.definitions.values()]


def plain(inline: Token) -> str:
    """The text of a paragraph, a heading or a cell, without emphasis."""
    kinds = {token.type for token in inline.children or ()}
    assert kinds <= {"text", "code_inline", "em_open", "em_close", "strong_open", "strong_close"}, kinds
    marked = {"code_inline": "`{}`"}
    return "".join(marked.get(token.type, "{}").format(token.content) for token in inline.children or ())


@pytest.mark.parametrize("found", PAGES, ids=lambda p: f"{p.kind}-{p.name}")
def test_a_page_reads_back(found: Page) -> None:
    tokens = PARSER.parse("\n".join(page_markdown(found)))
    inline = [plain(token) for token in tokens if token.type == "inline"]
    assert inline[:2] == [found.name, f"{found.kind}: {found.summary}."]
    fences = {token.info: token.content for token in tokens if token.type == "fence"}
    assert " ".join(fences["text"].split()) == " ".join(found.formula.split())
    assert [line.partition("  # ")[0] for line in fences["yaml"].splitlines()] == [code for code, _ in found.examples]
    assert fences.get("python", "").split() == (found.signature or "").split()
    told = {*found.notes, *(f"{heading}: {text}" for heading, text in found.parts.items())}
    assert told <= set(inline)
    rows = inline[inline.index("meaning") + 1 :] if found.attributes else []
    for attribute in found.attributes:
        assert rows[:2] == [f"`{attribute.name}`", attribute.takes]
        assert rows[2].strip("`") == (attribute.default if attribute.default is not None else "required")
        assert rows[3].startswith(attribute.about)
        rows = rows[4:]


def test_the_file_has_every_page_and_finds_it() -> None:
    text = reference_markdown()
    targets = re.findall(r'<a id="([^"]+)"></a>', text)
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(set(targets)) == len(targets) == len(PAGES)
    assert links == targets
    tokens = PARSER.parse(text)
    headings = [tokens[k + 1] for k, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h3"]
    assert [plain(heading) for heading in headings] == [found.name for found in PAGES]
