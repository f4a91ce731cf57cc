"""A DOT document with the looks that all drawings share."""

from __future__ import annotations

from typing import Final

import graphviz

from graphnet.analysis.cost import Cost
from graphnet.analysis.units import format_count
from graphnet.view.markup import html, quiet, text
from graphnet.view.palette import FONT, FORWARD_INK, INK, PAPER

TITLE_SIZE: Final = 16


def canvas(title: str, subtitle: str, **attributes: str) -> graphviz.Digraph:
    """An empty document.

    Args:
        title: the network's name.
        subtitle: its figures, in a smaller line under it.
        attributes: of the graph, for Graphviz.
    """
    heading = f'{text(title, size=TITLE_SIZE, bold=True)}<BR/>{quiet(subtitle)}<BR/> '
    defaults = {
        "label": html(heading), "labelloc": "t", "fontname": FONT, "fontcolor": INK, "bgcolor": PAPER,
        "rankdir": "TB", "ranksep": "0.32", "nodesep": "0.28", "pad": "0.25", "dpi": "144",
    }  # fmt: skip
    return graphviz.Digraph(
        title,
        graph_attr={**defaults, **attributes},
        node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": INK, "shape": "plain", "margin": "0"},
        edge_attr={
            "fontname": FONT, "fontsize": "8", "fontcolor": FORWARD_INK, "color": FORWARD_INK,
            "arrowsize": "0.55", "penwidth": "0.9",
        },
    )  # fmt: skip


def describe_cost(cost: Cost, *, long: bool = False) -> str:
    """`148k params · 231M MACs`, in whole words if `long`."""
    words = [f"{format_count(cost.parameters)} {'parameters' if long else 'params'}"] if cost.parameters or long else []
    words += [f"{format_count(cost.macs)} MACs"] if cost.macs or long else []
    return " · ".join(words)


def identifier(kind: str, name: str) -> str:
    """A name for a node of the document, distinct by kind. Colons would mean ports."""
    return f"{kind} {name}".strip().replace(":", "/").replace("\\", "/")
