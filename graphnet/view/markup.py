"""Labels in Graphviz's HTML: text that is escaped, chips, and cards made of chips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from graphnet.view.palette import INK, QUIET_INK, Tint

SMALL = 9
NORMAL = 11


def text(words: str, *, size: int = NORMAL, color: str = INK, bold: bool = False) -> str:
    """A run of text; nothing for no words, which Graphviz would refuse."""
    if not words:
        return ""
    inner = f"<B>{escape(words)}</B>" if bold else escape(words)
    return f'<FONT POINT-SIZE="{size}" COLOR="{color}">{inner}</FONT>'


def quiet(words: str) -> str:
    """Small grey text, for what is good to know but not the point."""
    return text(words, size=SMALL, color=QUIET_INK)


def html(label: str) -> str:
    """Mark a label as HTML rather than plain text."""
    return f"<{label}>"


def lines(parts: Iterable[str], align: str = "LEFT") -> str:
    """Lines of text under each other; empty ones are left out."""
    return "".join(f'{part}<BR ALIGN="{align}"/>' for part in parts if part)


def stack(parts: Iterable[str], padding: int = 1) -> str:
    """Lines of text under each other, centred, with more air between them than `lines` gives."""
    rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in parts if part)
    return html(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}">{rows}</TABLE>')


@dataclass(frozen=True)
class Chip:
    """A coloured row of a card: text on the left, figures on the right.

    Attributes:
        left, right: lines of HTML, made by `text`.
    """

    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    tint: Tint | None = None

    def __str__(self) -> str:
        cells = f'<TD ALIGN="LEFT" BALIGN="LEFT">{lines(self.left)}</TD>'
        if any(self.right):
            cells += f'<TD WIDTH="6"></TD><TD ALIGN="RIGHT" BALIGN="RIGHT">{lines(self.right, "RIGHT")}</TD>'
        row = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{cells}</TR></TABLE>'
        if self.tint is None:
            return f'<TR><TD BORDER="0">{row}</TD></TR>'
        return f'<TR><TD STYLE="ROUNDED" BORDER="1" COLOR="{self.tint.line}" BGCOLOR="{self.tint.fill}">{row}</TD></TR>'


def card(chips: Sequence[Chip], title: str = "", frame: Tint | None = None) -> str:
    """Chips stacked on each other as a label for a node of shape `plain`.

    Args:
        chips: from top to bottom.
        title: HTML to stand above them.
        frame: to draw around all.
    """
    head = f'<TR><TD BORDER="0" ALIGN="LEFT">{title}</TD></TR>' if title else ""
    rows = head + "".join(map(str, chips))
    looks = 'BORDER="0"'
    if frame is not None:
        looks = f'BORDER="1" STYLE="ROUNDED" COLOR="{frame.line}" BGCOLOR="{frame.fill}"'
    return html(f'<TABLE {looks} CELLBORDER="1" CELLSPACING="2" CELLPADDING="2">{rows}</TABLE>')


def pile(cards: Sequence[str]) -> str:
    """Cards stacked on each other as one label."""
    if len(cards) == 1:
        return cards[0]
    rows = "".join(f'<TR><TD ALIGN="LEFT">{one.removeprefix("<").removesuffix(">")}</TD></TR>' for one in cards)
    return html(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>')
