"""The report: one of a kind at a place, in order, and never endless."""

from __future__ import annotations

import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.core.source import SourceSpan
from graphnet.frontend.loader import loads
from graphnet.frontend.text.report import MAX_REPORTED, Report


def span(line: int, column: int = 1, file: str = "a.yaml") -> SourceSpan:
    return SourceSpan(file, line, column, line, column + 1)


def test_problems_come_by_file_line_and_column() -> None:
    report = Report()
    report.add_source("a.yaml", "one\ntwo\n")
    report.add_source("b.yaml", "three\n")
    for place in (span(1, 1, "b.yaml"), span(2, 3), span(2, 1), span(1, 1)):
        report.error("x", "wrong", place)
    report.error("x", "from outside", None)
    assert [str(d.span) if d.span else None for d in report.errors] == [
        None, "a.yaml:1:1", "a.yaml:2:1", "a.yaml:2:3", "b.yaml:1:1"
    ]  # fmt: skip
    assert [d.lines for d in report.errors] == [(), ("one",), ("two",), ("two",), ("three",)]


def test_a_loop_that_runs_into_one_place_is_reported_once() -> None:
    report = Report()
    for k in range(3):
        report.error("rank", f"linear 'fc{k}' cannot consume 'x{k}'", span(1))
    report.error("rank", "another thing", span(1))
    report.error("value", "linear 'fc0' cannot consume 'x0'", span(1))
    assert len(report.errors) == 3


def test_warnings_are_no_errors() -> None:
    report = Report()
    report.error("suspicious", "hm", span(1), severity="warning")
    report.raise_errors()
    assert len(report.warnings) == 1


def test_endless_problems_end() -> None:
    text = "graphnet: 1\ninputs: {x: [3]}\nlayers:\n" + "  - rellu\n" * 5000
    with pytest.raises(SpecError) as caught:
        loads(text)
    assert len(caught.value.diagnostics) == MAX_REPORTED + 1
    assert caught.value.diagnostics[-1].code == "more"


def test_endless_facts_are_cut() -> None:
    text = (
        f"graphnet: 1\ninputs: {{x: [3]}}\nlayers: [{{relu, from: {'x' * 100_000}}}, {{{'y' * 100_000}: 3, name: z}}]\n"
    )
    with pytest.raises(SpecError) as caught:
        loads(text)
    assert len(str(caught.value)) < 10_000
