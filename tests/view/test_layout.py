"""Panels side by side in one picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from graphnet.core.diagnostics import InternalError
from graphnet.view.canvas import canvas
from graphnet.view.drawing import Drawing
from graphnet.view.layout import GUTTER, lay_out, lay_out_panels

MARGIN = 8.5
"""What Graphviz leaves free around a frame."""
SVG = "{http://www.w3.org/2000/svg}"


def chain(*names: str, frame: str = "") -> str:
    """A document with boxes of 72 by 36 points, the one pointing at the next, in a frame if that has a name."""
    body = " ".join(f'"{name}" [shape=box, fixedsize=true, width=1, height=0.5];' for name in names)
    body += " ".join(f'"{a}" -> "{b}";' for a, b in pairwise(names))
    return f"digraph {{ bgcolor=white; pad=0; dpi=72; {f'subgraph cluster_{frame} {{ {body} }}' if frame else body} }}"


def places(picture: bytes) -> dict[str, tuple[float, float, float, float]]:
    """The extent of each box: left, right, top, bottom (y grows downwards)."""
    found = {}
    for group in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        title, polygon = group.find(f"{SVG}title"), group.find(f"{SVG}polygon")
        if group.get("class") in ("node", "cluster") and title is not None and polygon is not None:
            points = [tuple(map(float, p.split(","))) for p in polygon.attrib["points"].split()]
            xs, ys = zip(*points, strict=True)
            found[str(title.text)] = (min(xs), max(xs), min(ys), max(ys))
    return found


def test_panels_stand_side_by_side_at_the_top() -> None:
    found = places(lay_out_panels([], [chain("a", "b", "c"), chain("d"), chain("e", "f", frame="g")], "svg"))
    assert found["a"][2] == found["d"][2]
    assert found["cluster_g"][2] == pytest.approx(found["a"][2], abs=MARGIN)
    assert found["d"][0] == pytest.approx(found["a"][1] + GUTTER, abs=0.5)
    assert found["cluster_g"][0] == pytest.approx(found["d"][1] + GUTTER, abs=MARGIN)
    assert found["a"][2] < found["b"][2] < found["c"][2], "arrows point down"
    assert found["cluster_g"][0] < found["e"][0] < found["e"][1] < found["cluster_g"][1]


def test_rows_above_are_centred() -> None:
    found = places(lay_out_panels([chain("title")], [chain("a"), chain("b", "c")], "svg"))
    middle = (found["a"][0] + found["b"][1]) / 2
    assert sum(found["title"][:2]) / 2 == pytest.approx(middle, abs=0.5)
    assert found["title"][3] <= found["a"][2]


def test_each_panel_is_laid_out_as_if_it_were_alone() -> None:
    """A high box in one panel makes no gap in another."""
    high = chain("d", "e").replace("height=0.5", "height=3")
    alone, beside = places(lay_out(chain("a", "b"), "svg")), places(lay_out_panels([], [chain("a", "b"), high], "svg"))
    assert beside["b"][2] - beside["a"][3] == pytest.approx(alone["b"][2] - alone["a"][3], abs=0.1)


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_arrows_come_along(form: str) -> None:
    picture = lay_out_panels([], [chain("a", "b"), chain("c", "d")], form)  # type: ignore[arg-type]
    assert picture
    if form == "svg":
        assert picture.count(b'class="edge"') == 2
        assert len(re.findall(rb"<path[^>]* d=", picture)) == 2


def test_invisible_arrows_stay_invisible() -> None:
    """Also those inside a frame and a row, which Graphviz names twice."""
    panel = canvas(newrank="true")
    with panel.subgraph(name="cluster x") as frame:
        frame.node("a", "a")
        frame.node("b", "b")
    with panel.subgraph() as row:
        row.attr(rank="same")
        row.edge("a", "b", key="order", style="invis")
    drawn = Drawing("<title>", (panel, canvas())).picture("svg")
    assert b"<path" not in drawn


def test_what_graphviz_refuses_is_our_fault() -> None:
    with pytest.raises(InternalError, match="drawing"):
        lay_out_panels([], ["digraph {"], "svg")
