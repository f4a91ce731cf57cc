"""The passes of `for` and `repeat`: what each sets its variables to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator, in_words
from graphnet.frontend.text.entries import For, Repeat
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_tree import Array, Tree

MAX_PASSES: Final = 10_000
"""The most passes of one loop."""


def passes(loop: For | Repeat, here: Surroundings, evaluator: Evaluator, report: Report) -> Iterator[Mapping[str, Any]]:
    """The variables of each pass; none where the loop itself is wrong, which is reported."""
    if isinstance(loop, Repeat):
        count = evaluator.integer(loop.count, here, "the count of `repeat`", 0, MAX_PASSES)
        yield from ({"index": k} for k in range(count if isinstance(count, int) else 0))
        return
    rows = _rows(loop, loop.rows, here, evaluator, report) if loop.rows else None
    columns = None if loop.rows else _columns(loop, here, evaluator, report)
    for row in rows or (zip(*columns, strict=True) if columns else ()):
        yield dict(zip(loop.variables, row, strict=True))


def _rows(loop: For, table: Tree, here: Surroundings, evaluator: Evaluator, report: Report) -> list[list[Any]]:
    """The rows of a table, all as long as there are variables."""
    wanted = f"rows of {len(loop.variables)} values: {', '.join(loop.variables)}"
    if isinstance(table, Array):  # each row at its own place, so that the one that is wrong can be shown
        rows = [(item, evaluator.data(item, here)) for item in table.items]
    else:
        given = evaluator.data(table, here)
        if given is POISON:
            return []
        rows = [(table, row) for row in given] if isinstance(given, list) else [(table, given)]
    good = []
    for tree, row in rows:
        if row is POISON:
            continue
        if isinstance(row, list) and len(row) == len(loop.variables):
            good.append(row)
            continue
        found = f"{len(row)} values" if isinstance(row, list) else in_words(row)
        report.error("for", "this row does not fit the variables of the loop", tree.span,
                     at=here.context.at(tree.path), expected=wanted, found=found)  # fmt: skip
    return good if len(good) == len(rows) and _is_bounded(loop, len(rows), here, report) else []


def _columns(loop: For, here: Surroundings, evaluator: Evaluator, report: Report) -> list[list[Any]]:
    """One list for each variable, all of one length."""
    columns = []
    for name, tree in zip(loop.variables, loop.columns, strict=True):
        column = evaluator.data(tree, here)
        if column is not POISON and not isinstance(column, list):
            report.error("for", f"the loop variable '{name}' needs a list", tree.span,
                         at=here.context.at(tree.path), expected="a list", found=in_words(column),
                         hint=f"to set it once, write `{name}: [...]` with one element")  # fmt: skip
            column = POISON
        columns.append(column)
    if any(column is POISON for column in columns):
        return []
    lengths = {name: len(column) for name, column in zip(loop.variables, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        report.error("for", "the lists of a loop differ in length", loop.span, at=here.context.at(loop.path),
                     expected="equally many elements", found=found)  # fmt: skip
        return []
    return columns if _is_bounded(loop, len(columns[0]), here, report) else []


def _is_bounded(loop: For, count: int, here: Surroundings, report: Report) -> bool:
    if count > MAX_PASSES:
        report.error("size", "the loop is too long", loop.span, at=here.context.at(loop.path),
                     expected=f"at most {MAX_PASSES} passes", found=str(count))  # fmt: skip
    return count <= MAX_PASSES
