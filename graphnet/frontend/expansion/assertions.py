"""The `assert` section: budgets and shapes, checked against the finished graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphnet.analysis.cost import total_cost
from graphnet.core.diagnostics import nearest
from graphnet.frontend.budgets import MEMORY, QUANTITIES, Budget, parse_bound
from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator, in_words
from graphnet.frontend.expansion.names import Flow
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_tree import Scalar, Table, Tree, is_empty, is_poisoned
from graphnet.ir.graph import Graph, Value

SHAPES: Final = ("shapes", "outputs")
"""Of any value by its name, and of outputs by theirs."""


class Assertions:
    """Reads and checks what a spec asserts of itself."""

    def __init__(self, evaluator: Evaluator, report: Report, here: Surroundings, outputs: Mapping[str, Flow]) -> None:
        self._evaluator, self._report = evaluator, report
        self._here, self._outputs = here, outputs
        self._shapes: list[tuple[Tree, str, Value, tuple[int, ...]]] = []  # where, whose, the value, what it should be

    def read(self, table: Table | None) -> tuple[Budget, ...]:
        """The budgets, with everything reported that is wrong with how they are written."""
        budgets = []
        for key, tree in table.entries if table else ():
            if key.text in SHAPES:
                self._read_shapes(key.text, tree)
            elif key.text not in QUANTITIES:
                known = (*QUANTITIES, *SHAPES)
                close = nearest(key.text, known)
                self._error("unknown-key", f"there is no budget '{shortened(key.text)}'", key, ", ".join(known),
                            f"`{shortened(key.text)}`", f"did you mean `{close}`?" if close else None)  # fmt: skip
            elif not is_poisoned(tree):
                budget = self._budget(key.text, tree)
                budgets += [budget] if budget else []
        return tuple(budgets)

    def check(self, graph: Graph, budgets: Sequence[Budget]) -> None:
        """Report the counts and shapes that are not as asserted; memory needs a compiled plan."""
        cost = total_cost(graph)
        counts = {"parameters": cost.parameters, "trainable_parameters": cost.trainable_parameters, "macs": cost.macs}
        for budget in budgets:
            if budget.quantity not in MEMORY and not budget.holds(counts[budget.quantity]):
                self._report.add(budget.exceeded(counts[budget.quantity]))
        for tree, name, value, wanted in self._shapes:
            if value.type.sample_shape != wanted:
                self._error("budget", f"'{name}' has not the asserted shape", tree, str(list(wanted)),
                            str(list(value.type.sample_shape)))  # fmt: skip

    def _budget(self, quantity: str, tree: Tree) -> Budget | None:
        value = self._evaluator.data(tree, self._here)
        if value is POISON:
            return None
        lines = self._report.source(tree.span)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return Budget(quantity, "==", value, f"{value:,}", tree.span, lines)
        bound = parse_bound(value) if isinstance(value, str) else None
        if bound is None:
            example = "512 MiB" if quantity in MEMORY else "25.6M"
            self._error("value", f"the budget of {quantity} cannot be read", tree,
                        f'a number, or a bound: "<= {example}"', in_words(value))  # fmt: skip
            return None
        return Budget(quantity, *bound, value.strip(), tree.span, lines)

    def _read_shapes(self, kind: str, tree: Tree) -> None:
        if is_empty(tree) or is_poisoned(tree):
            return
        if not isinstance(tree, Table):
            self._error("type", f"`{kind}` asserts shapes by name", tree, "`{pool1: [96, 27, 27]}`", tree.kind)
            return
        for key, shape in tree.entries:
            wanted = self._extents(shape)
            flow = self._output(key) if kind == "outputs" else self._evaluator.flow(key, self._here)
            if isinstance(flow, Value) and wanted is not None:
                self._shapes.append((shape, key.text, flow, wanted))

    def _extents(self, tree: Tree) -> tuple[int, ...] | None:
        value: Any = self._evaluator.data(tree, self._here)
        if isinstance(value, list) and all(isinstance(e, int) and not isinstance(e, bool) for e in value):
            return tuple(value)
        if value is not POISON:
            self._error("value", "this is no shape", tree, "a list of whole numbers, without the batch axis",
                        in_words(value))  # fmt: skip
        return None

    def _output(self, key: Scalar) -> Flow:
        if key.text in self._outputs or not self._outputs:  # no outputs at all: the last layer could not be made
            return self._outputs.get(key.text, POISON)
        close = nearest(key.text, self._outputs)
        self._error("unknown-name", f"there is no output '{shortened(key.text)}'", key,
                    f"one of: {', '.join(self._outputs)}", f"'{shortened(key.text)}'",
                    f"did you mean `{close}`?" if close else None)  # fmt: skip
        return POISON

    def _error(self, code: str, message: str, tree: Tree, expected: str, found: str, hint: str | None = None) -> None:
        self._report.error(code, message, tree.span, at=tree.path, expected=expected, found=found, hint=hint)
