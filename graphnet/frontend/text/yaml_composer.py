"""The composer: from YAML text to a tree, refusing what no spec needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Final, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)  # fmt: skip

from graphnet.core.source import SourceSpan
from graphnet.frontend.expansion.templates import is_unbalanced
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.yaml_scalars import ScalarValue, read_scalar
from graphnet.frontend.text.yaml_tree import MAX_BYTES, MAX_DEPTH, MAX_NODES, Array, Scalar, Table, Tree, child_path

MAX_PIECES: Final = 20
"""The most pieces that YAML may have cut an expression into, for them to be put together again."""
MAX_CUTS: Final = 100
"""The most expressions for which that is tried."""

_QUOTE_HINT: Final = "inside {...} or [...], put quotes around an expression that has a comma or a bracket"


def compose(text: str, file: str, report: Report) -> Tree | None:
    """Read a YAML text.

    Args:
        text: the whole text.
        file: its name, for spans.
        report: takes the problems; its source is added.

    Returns:
        the tree, or None where there is none (an empty text, broken syntax).
    """
    report.add_source(file, text)
    start = SourceSpan(file, 1, 1, 1, 1)
    if len(text.encode(errors="replace")) > MAX_BYTES:
        report.error("size", "the text is too long", start, expected=f"at most {MAX_BYTES // 1024} KiB")
        return None
    composer = _Composer(text, file, report)
    try:
        return composer.document()
    except _Refused:
        return None
    except yaml.MarkedYAMLError as error:
        composer.syntax_error(error)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        span = SourceSpan(file, line, column, line, column + 1)
        found = f"U+{error.character:04X}"
        report.error("syntax", "the text has a character that YAML does not allow", span, found=found)
    return None


class _Refused(Exception):  # noqa: N818 - control flow: the problem is in the report already
    """Nothing sensible can be read after this."""


class _Composer:
    """One pass over the parser's events, which come with bounded recursion and are bounded in number."""

    def __init__(self, text: str, file: str, report: Report) -> None:
        self._text, self._file, self._report = text, file, report
        self._events: Iterator[Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, tuple[Tree, int] | None] = {}  # None while the subtree is being read
        self._count = 0
        self._cuts = 0

    def document(self) -> Tree | None:
        tree: Tree | None = None
        for event in self._events:
            if isinstance(event, StreamEndEvent):
                return tree
            if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent):
                if tree is not None:
                    self._refuse("syntax", "there is a second document", event, expected="one document in a file")
                tree = self._node(event, "", 0)
            elif isinstance(event, DocumentEndEvent) and event.explicit:
                continue
        return tree

    # -- nodes -------------------------------------------------------------------------------------------------

    def _node(self, event: Event, path: str, depth: int) -> Tree:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self._count
        self._add(1, event)
        assert isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent)
        if event.tag is not None:
            self._report.error(
                "tag", f"the tag {event.tag!r} is not allowed", self._span(event), at=path or None,
                expected="plain data: text, numbers, lists and mappings",
                hint="quote a number to make it text" if event.tag.endswith(":str") else "remove the tag",
            )  # fmt: skip
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if depth > MAX_DEPTH:
            self._refuse("nesting", "the nesting is too deep", event, expected=f"at most {MAX_DEPTH} levels")
        tree: Tree
        if isinstance(event, ScalarEvent):
            tree = self._scalar(event, path)
        elif isinstance(event, SequenceStartEvent):
            tree = self._array(event, path, depth)
        else:
            tree = self._table(event, path, depth)
        if event.tag is not None:
            tree = Scalar(tree.span, path, "", POISON)
        if event.anchor is not None:
            self._anchors[event.anchor] = (tree, self._count - before)
        return tree

    def _alias(self, event: AliasEvent) -> Tree:
        name = event.anchor
        if name not in self._anchors:
            known = ", ".join(f"*{a}" for a in self._anchors) or "none"
            self._refuse("alias", f"no anchor defines the alias *{name}", event, expected=f"one of: {known}",
                         hint="quote text that begins with `*`")  # fmt: skip
        anchored = self._anchors[name]
        if anchored is None:
            self._refuse("alias", f"the alias *{name} contains itself", event, expected="an anchor that ends before it")
        tree, size = anchored
        self._add(size, event)
        return tree

    def _scalar(self, event: ScalarEvent, path: str) -> Scalar:
        value: ScalarValue | Poison = event.value
        if event.implicit[0] and event.style is None:
            try:
                value = read_scalar(event.value)
            except ValueError as error:
                self._report.error(
                    "number", f"cannot read {error}", self._span(event), at=path or None,
                    expected="a number that fits in 64 bits", hint="quote it to make it text",
                )  # fmt: skip
                value = POISON
        return Scalar(self._span(event), path, event.value, value, event.style is None)

    def _array(self, event: SequenceStartEvent, path: str, depth: int) -> Array:
        items: list[tuple[Tree, Event]] = []
        for inner in self._events:
            if isinstance(inner, SequenceEndEvent):
                break
            items.append((self._node(inner, child_path(path, len(items)), depth + 1), inner))
        found = [tree for tree, _ in items]
        if event.flow_style:
            found = self._mend_items(found)
        return Array(self._span(event, inner, found), path, tuple(found))

    def _table(self, event: MappingStartEvent, path: str, depth: int) -> Tree:
        entries: list[tuple[Scalar, Tree]] = []
        for inner in self._events:
            if isinstance(inner, MappingEndEvent):
                break
            if not isinstance(inner, ScalarEvent):
                self._refuse("key", "a key must be text", inner, expected="a name before the colon",
                             hint="quote a key that begins with `*`, `[` or `{`")  # fmt: skip
            self._add(1, inner)
            name, is_plain = inner.value, inner.style is None
            key = Scalar(self._span(inner), child_path(path, name), name, name, is_plain)
            entries.append((key, self._node(next(self._events), key.path, depth + 1)))
        span = self._span(event, inner, [tree for pair in entries for tree in pair])
        if event.flow_style:
            entries = self._mend_entries(entries)
        merge = next((key for key, _ in entries if key.text == "<<" and key.is_plain), None)
        if merge is not None:  # what it would bring is not there, so the table cannot be judged
            self._report.error("merge", "merge keys are not supported", merge.span, at=path or None,
                               expected="each key written out", hint="use `params`, or a block")  # fmt: skip
            return Scalar(span, path, "", POISON)
        return Table(span, path, tuple(self._distinct(entries, path)))

    def _distinct(self, entries: list[tuple[Scalar, Tree]], path: str) -> Iterator[tuple[Scalar, Tree]]:
        seen: dict[str, Scalar] = {}
        for key, value in entries:
            if key.text in seen:
                self._report.error(
                    "duplicate-key", f"the key '{key.text}' comes twice", key.span, at=path or None,
                    expected="each key once", found=f"the first on line {seen[key.text].span.line}",
                )  # fmt: skip
            else:
                seen[key.text] = key
                yield key, value

    # -- expressions cut at a comma ----------------------------------------------------------------------------
    #
    # In `{conv2d: $(max(8, 16)), name: x}` YAML ends the scalar at the first comma and takes `16))` for a key. The
    # pieces are put together again, so that one missing pair of quotes is one problem.

    def _mend_entries(self, entries: list[tuple[Scalar, Tree]]) -> list[tuple[Scalar, Tree]]:
        mended: list[tuple[Scalar, Tree]] = []
        k = 0
        while k < len(entries):
            key, value = entries[k]
            k += 1
            if _is_cut(value):
                behind = takewhile(
                    lambda pair: isinstance(pair[1], Scalar) and pair[1].is_null, entries[k : k + MAX_PIECES]
                )
                value, used = self._joined(value, [piece for piece, _ in behind])
                k += used
            mended.append((key, value))
        return mended

    def _mend_items(self, items: list[Tree]) -> list[Tree]:
        mended: list[Tree] = []
        k = 0
        while k < len(items):
            item = items[k]
            k += 1
            behind = items[k : k + MAX_PIECES]
            if _is_cut(item):
                item, used = self._joined(item, _leading_scalars(behind))
                k += used
            elif isinstance(item, Table) and item.entries and _is_cut(item.entries[-1][1]):
                key, value = item.entries[-1]
                value, used = self._joined(value, _leading_scalars(behind))
                item = Table(item.span, item.path, (*item.entries[:-1], (key, value)))
                k += used
            mended.append(item)
        return mended

    def _joined(self, first: Tree, behind: list[Scalar]) -> tuple[Tree, int]:
        """The expression that `first` begins, if the pieces behind it complete it, and how many do."""
        assert isinstance(first, Scalar)
        text = first.text
        self._cuts += 1
        for used, piece in enumerate(behind if self._cuts <= MAX_CUTS else (), 1):
            text = f"{text}, {piece.text}"
            if not is_unbalanced(text):
                end = piece.span
                span = SourceSpan(self._file, first.span.line, first.span.column, end.end_line, end.end_column)
                self._report.error(
                    "expression", f"the expression `{text}` is cut at its comma", span, at=first.path,
                    expected="quotes around it", found=f"`{first.text}`", hint=f'write "{text}"',
                )  # fmt: skip
                return Scalar(span, first.path, text, POISON), used
        return first, 0

    # -- positions and problems --------------------------------------------------------------------------------

    def _span(self, event: Event, end: Event | None = None, children: list[Tree] | None = None) -> SourceSpan:
        start, stop = event.start_mark, (end or event).end_mark
        assert start is not None and stop is not None
        if children and not getattr(event, "flow_style", True):
            # A block ends where its last part ends; the parser would say: where the next thing begins.
            last = children[-1].span
            return SourceSpan(self._file, start.line + 1, start.column + 1, last.end_line, last.end_column)
        return SourceSpan(self._file, start.line + 1, start.column + 1, stop.line + 1, stop.column + 1)

    def _add(self, count: int, event: Event) -> None:
        self._count += count
        if self._count > MAX_NODES:
            self._refuse("size", "the text is too large with its aliases expanded", event,
                         expected=f"at most {MAX_NODES} values")  # fmt: skip

    def _refuse(self, code: str, message: str, event: Event, **facts: str) -> NoReturn:
        self._report.error(code, message, self._span(event), **facts)  # type: ignore[arg-type]
        raise _Refused

    def syntax_error(self, error: yaml.MarkedYAMLError) -> None:
        """Report what the parser could not read."""
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        lines = self._text.splitlines()
        if line > len(lines) >= 1:  # the end of the text: point behind its last character
            line, column = len(lines), len(lines[-1]) + 1
        before = lines[line - 1][: column - 1] if lines else ""
        message = error.problem or "it is not YAML"
        hint = None
        if "\\t" in message:
            hint = "indent with spaces"
        elif is_unbalanced(before[before.rfind("$(") :] if "$(" in before else ""):
            hint = _QUOTE_HINT
        elif error.context == "while scanning an alias":
            hint = "quote text that begins with `*`"
        elif "mapping values are not allowed" in message:
            hint = "quote text that has a colon and a space in it, and check the indentation"
        elif re.search(r"character '[@`%]'", message):
            hint = "quote text that begins with this character"
        place = f", {error.context} that begins on line {error.context_mark.line + 1}" if error.context_mark else ""
        span = SourceSpan(self._file, line, column, line, column + 1)
        self._report.error("syntax", f"this is not YAML: {message}{place}", span, hint=hint)


def _is_cut(tree: Tree) -> bool:
    """Whether an expression begins here that does not end here."""
    return isinstance(tree, Scalar) and tree.is_plain and is_unbalanced(tree.text)


def _leading_scalars(items: list[Tree]) -> list[Scalar]:
    return [item for item in takewhile(lambda item: isinstance(item, Scalar), items) if isinstance(item, Scalar)]
