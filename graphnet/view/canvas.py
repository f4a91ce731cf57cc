"""A DOT document with the looks that all drawings share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import graphviz  # type: ignore[import-untyped]  # it has no stubs

from graphnet.analysis.cost import Cost
from graphnet.analysis.units import format_count
from graphnet.view.markup import SMALL, quiet, stack, text
from graphnet.view.palette import FONT, FORWARD_INK, INK, PAPER, Tint

Digraph: TypeAlias = graphviz.Digraph

TITLE_SIZE: Final = 16


def heading(title: str, *subtitles: str) -> str:
    """What stands above a drawing.

    Args:
        title: the network's name.
        subtitles: smaller lines under it, as HTML.
    """
    return stack([text(title, size=TITLE_SIZE, bold=True), *subtitles, quiet(" ")], padding=2)


def canvas(**attributes: str) -> Digraph:
    """An empty document.

    Args:
        attributes: of the graph, for Graphviz.
    """
    defaults = {
        "fontname": FONT, "fontcolor": INK, "bgcolor": PAPER, "rankdir": "TB", "ranksep": "0.17", "nodesep": "0.25",
        "pad": "0.25", "dpi": "144",
    }  # fmt: skip
    return Digraph(
        "graphnet",
        graph_attr={**defaults, **attributes},
        node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": INK, "shape": "plain", "margin": "0"},
        edge_attr={
            "fontname": FONT, "fontsize": "8", "fontcolor": FORWARD_INK, "color": FORWARD_INK,
            "arrowsize": "0.55", "penwidth": "0.9",
        },
    )  # fmt: skip


def describe_cost(cost: Cost, *, long: bool = False) -> str:
    """`148k params · 231M MACs`, or `11.7M parameters · 1.81G MACs for one sample` if `long`."""
    if long:
        return f"{format_count(cost.parameters)} parameters · {format_count(cost.macs)} MACs for one sample"
    words = [f"{format_count(cost.parameters)} params"] if cost.parameters else []
    words += [f"{format_count(cost.macs)} MACs"] if cost.macs else []
    return " · ".join(words)


def legend(tints: Mapping[str, Tint]) -> str:
    """Coloured squares with the words they stand for."""
    return "   ".join(f"{text('■', size=SMALL, color=tint.line)} {quiet(words)}" for words, tint in tints.items())


def identifier(kind: str, name: str) -> str:
    """A name for a node of the document, distinct by kind. Colons would mean ports, backslashes escapes."""
    return f"{kind} {name}".replace(":", "/").replace("\\", "/")
