"""Every kind of mistake, and hostile specs: each gives its diagnostics, as the golden file beside it has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.frontend.loader import load

FOLDER = Path(__file__).parent.parent / "broken_specs"
SPECS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", SPECS)
def test_diagnostics(name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(SpecError) as caught:
        load(f"{name}.yaml")
    golden(FOLDER / f"{name}.txt", str(caught.value))


def test_the_contract_has_this_very_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of the language's description, word for word."""
    monkeypatch.chdir(FOLDER)
    with pytest.raises(SpecError) as caught:
        load("rank.yaml")
    assert str(caught.value) == (
        "rank.yaml:15:5: error[rank]: linear 'linear1' cannot consume 'avg_pool2d2'\n"
        "   15 |   - linear: 120\n"
        "      |     ^^^^^^\n"
        "  at:       layers[6] > linear 'linear1'\n"
        "  expected: a value of rank 2 (N, features)\n"
        "  found:    (N, 16, 5, 5)\n"
        "  hint:     put `- flatten` before it"
    )


@pytest.mark.parametrize("name", SPECS)
def test_problems_come_in_the_order_of_the_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(SpecError) as caught:
        load(f"{name}.yaml")
    own = [d.span for d in caught.value.diagnostics if d.span and d.span.file == f"{name}.yaml"]
    places = [(span.line, span.column) for span in own]
    assert places == sorted(places)
    assert all(d.severity == "error" for d in caught.value.diagnostics)


def test_broken_specs_are_many() -> None:
    """At least one spec for each kind of mistake that the language's description names."""
    assert len(SPECS) >= 60
