"""`graphnet ops`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphnet.frontend.settings import settings_of
from graphnet.frontend.writing.markdown import reference_markdown
from graphnet.frontend.writing.reference import sections
from graphnet.ir.operator import REGISTRY

Call = Callable[..., tuple[int, str, str]]


def test_all_operators_are_listed_under_headings(call: Call) -> None:
    status, out, _ = call("ops")
    assert status == 0
    names = {line.split()[0] for line in out.splitlines() if line.startswith("  ")}
    assert set(REGISTRY) <= names
    assert {"sgd", "accuracy", "cosine", "digits", "kaiming_normal", "mixup"} <= names
    headings = [line for line in out.splitlines() if line and not line.startswith((" ", "`"))]
    assert headings == [f"{section.title}  {section.about}" for section in sections()]


def test_one_heading_can_be_listed(call: Call) -> None:
    status, out, _ = call("ops", "losses")
    assert status == 0
    assert "\n  cross_entropy " in out
    assert "conv2d" not in out


@pytest.mark.parametrize("name", dict.fromkeys(name for section in sections() for name in section.definitions))
def test_every_definition_has_a_page(call: Call, name: str) -> None:
    status, out, _ = call("ops", name)
    assert status == 0
    assert out.startswith(name)
    for section in sections():
        if name in section.definitions:
            assert f"{name}  {section.kind}\n" in out
            assert all(f"\n  {attribute} " in out for attribute in settings_of(section.definitions[name]))


def test_a_page_has_formula_attributes_and_python(call: Call) -> None:
    _, out, _ = call("ops", "leaky_relu")
    assert "gn.leaky_relu(x, /, negative_slope=0.01" in out
    assert "y = x where x > 0, else negative_slope * x." in out
    assert "number; default 0.01" in out
    assert "\nGradient\n  gx = gy" in out
    assert "\nExample\n  - leaky_relu: 0.2\n" in out


def test_near_misses_get_hints(call: Call) -> None:
    assert "did you mean `conv2d` or " in call("ops", "conv2")[2]
    assert "did you mean `batch_norm`?" in call("ops", "BatchNorm2d")[2]
    assert "`graphnet ops` lists all" in call("ops", "xyzzy")[2]


def test_markdown_of_all_and_of_one(call: Call) -> None:
    assert call("ops", "--markdown") == (0, reference_markdown(), "")
    status, out, _ = call("ops", "step", "--markdown")
    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("#")] == ["### step", "### step"]
    status, out, _ = call("ops", "conv2", "--markdown")
    assert (status, out) == (2, "")
