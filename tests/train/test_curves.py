"""The picture of a run: well-formed, with every point in its place."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.train.curves import TRAINING_INK, VALIDATION_INK, draw_curves, ticks
from graphnet.train.history import History

SVG = "{http://www.w3.org/2000/svg}"


def rows(*columns: str, count: int = 7) -> list[dict[str, float]]:
    return [{"epoch": k + 1, **{name: 1 / (k + 1 + len(name)) for name in columns}} for k in range(count)]


def lines(text: str, color: str) -> list[list[tuple[float, float]]]:
    found = []
    for line in ElementTree.fromstring(text).iter(f"{SVG}polyline"):
        if line.get("stroke") == color:
            points = [point.split(",") for point in line.get("points").split()]
            found.append([(float(x), float(y)) for x, y in points])
    return found


def test_there_is_a_panel_for_the_loss_and_each_metric() -> None:
    text = draw_curves(History(rows("loss", "val_loss", "val_accuracy", "val_top_k")), "lenet & <friends>")
    words = [node.text for node in ElementTree.fromstring(text).iter(f"{SVG}text")]
    assert {"lenet & <friends>", "loss", "accuracy", "top k", "epoch"} <= set(words)
    assert len(lines(text, TRAINING_INK)) == 1
    assert len(lines(text, VALIDATION_INK)) == 3


def test_points_lie_where_their_values_are() -> None:
    values = [0.0, 1.0, 0.25, 0.5]
    text = draw_curves(History([{"epoch": k + 1, "loss": v} for k, v in enumerate(values)]), "net")
    ((a, b, c, d),) = lines(text, TRAINING_INK)
    height = a[1] - b[1]
    assert [x for x, _ in (a, b, c, d)] == pytest.approx([a[0] + k * (d[0] - a[0]) / 3 for k in range(4)], abs=0.02)
    assert c[1] == pytest.approx(a[1] - 0.25 * height, abs=0.02)
    assert d[1] == pytest.approx(a[1] - 0.5 * height, abs=0.02)


def test_what_is_not_finite_interrupts_a_line() -> None:
    values = [1.0, 2.0, math.nan, 3.0, math.inf, 4.0, 5.0, 6.0]
    text = draw_curves(History([{"epoch": k + 1, "loss": v} for k, v in enumerate(values)]), "net")
    assert [len(line) for line in lines(text, TRAINING_INK)] == [2, 3]
    assert len(list(ElementTree.fromstring(text).iter(f"{SVG}circle"))) == 2
    assert "nan" not in text
    assert "inf" not in text


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_runs_are_drawn_too(count: int) -> None:
    ElementTree.fromstring(draw_curves(History(rows("loss", "val_loss", count=count)), "net"))


@settings(deadline=None)
@given(low=st.floats(-1e6, 1e6), ratio=st.floats(1e-6, 1e6), count=st.integers(2, 9))
def test_ticks_are_round_and_span_the_values(low: float, ratio: float, count: int) -> None:
    size = ratio * max(1e-3, abs(low))
    found = ticks(low, low + size, count)
    step = found[1] - found[0]
    assert found[0] <= low + 1e-6 * step
    assert found[-1] >= low + size - 1e-6 * step
    assert len(found) <= count + 2
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5, 10)) < 1e-3


@pytest.mark.parametrize("value", [0.0, 0.5, -3e6])
def test_a_flat_curve_has_ticks_around_it(value: float) -> None:
    found = ticks(value, value, 5)
    assert found[0] < value < found[-1]
    assert len(found) > 2
