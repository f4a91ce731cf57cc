"""The chart of a memory plan."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace

import pygraphviz
import pytest

from graphnet.ir.schedule import MemoryPlan, Schedule
from graphnet.view.layout import lay_out
from graphnet.view.memory import draw_memory

Golden = Callable[[str, str], None]


def rectangles(source: str) -> dict[str, tuple[float, float, float, float]]:
    """Left, right, bottom and top of every buffer, in points."""
    found = {}
    document = pygraphviz.AGraph(string=source)  # its nodes do not keep it alive
    for node in document.nodes():
        if node.startswith("buffer "):
            x, y = map(float, node.attr["pos"].split(","))
            width, height = float(node.attr["width"]) * 72, float(node.attr["height"]) * 72
            name = node.removeprefix("buffer ")
            found[name] = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    return found


def test_golden(schedule: Schedule, assert_golden: Golden) -> None:
    assert_golden(draw_memory(schedule).source, "memory.dot")


def test_rectangles_have_the_lifetimes_and_offsets(schedule: Schedule) -> None:
    drawn = rectangles(draw_memory(schedule).source)
    width = drawn["loss#1"][1] / 4  # of a kernel: it lives to the end of four
    height = drawn["gz#2"][3] / 1920  # of a byte: it lies at the top
    for placement in schedule.plan.placements:
        left, right, bottom, top = drawn[placement.name]
        assert left == pytest.approx(placement.first * width, abs=0.1)
        assert right == pytest.approx(min(placement.last + 1, 4) * width, abs=0.1), "nothing is drawn past the end"
        assert bottom == pytest.approx(placement.offset * height, abs=0.1)
        assert top == pytest.approx((placement.offset + placement.size) * height, abs=0.1)


def test_positions_survive_the_layout(schedule: Schedule) -> None:
    drawn = rectangles(draw_memory(schedule).source)
    root = ElementTree.fromstring(lay_out(draw_memory(schedule).source, "svg", "nop"))
    space = "{http://www.w3.org/2000/svg}"
    for group in root.iter(f"{space}g"):
        title, polygon = group.findtext(f"{space}title") or "", group.find(f".//{space}polygon")
        if title.startswith("buffer ") and polygon is not None:
            points = [tuple(map(float, p.split(","))) for p in polygon.attrib["points"].split()]
            left, right, bottom, top = drawn.pop(title.removeprefix("buffer "))
            assert max(x for x, _ in points) - min(x for x, _ in points) == pytest.approx(right - left, abs=0.1)
            assert max(y for _, y in points) - min(y for _, y in points) == pytest.approx(top - bottom, abs=0.1)
    assert not drawn


def test_colours_tell_what_buffers_are_for(schedule: Schedule) -> None:
    source = draw_memory(schedule).source
    colours = dict(re.findall(r'"buffer ([^"]+)" \[.*?fillcolor="(#\w+)"', source))
    assert len({colours["y#0"], colours["loss#1"], colours["gz#2"], colours["scratch"]}) == 4
    assert colours["gz#2"] == colours["gw#3"]
    for words in ("kept for the backward pass", "forward", "gradient", "scratch"):
        assert words in source


def test_peak_and_lower_bound_are_marked(schedule: Schedule) -> None:
    source = draw_memory(schedule).source
    assert "peak 1.88 KiB" in source
    assert "lower bound 1.56 KiB" in source
    assert "5 buffers in 1.88 KiB over 4 kernels · 20.0% above the lower bound" in source


def test_an_empty_plan_can_be_drawn(schedule: Schedule) -> None:
    empty = replace(schedule, plan=MemoryPlan((), 0, 0), buffers={})
    assert lay_out(draw_memory(empty).source, "svg", "nop").startswith(b"<?xml")
