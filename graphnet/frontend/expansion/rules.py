"""Patterns over parameters: how they start, and which of them are frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.source import SourceSpan
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.expansion.context import InitRule, Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator
from graphnet.frontend.patterns import is_match, match_paths
from graphnet.frontend.problems import diagnose
from graphnet.frontend.settings import SettingsError, read_definition
from graphnet.frontend.text.entries import Modifiers
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_empty, is_poisoned
from graphnet.ir.definitions import INITIALISERS, Definition
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator

MAX_PATTERNS: Final = 100
"""The most patterns in one list or mapping."""


class Rules:
    """Collects the patterns of a spec, and reports those that match nothing."""

    def __init__(self, evaluator: Evaluator, report: Report) -> None:
        self._evaluator, self._report = evaluator, report
        self._inits: list[InitRule] = []
        self._frozen: list[tuple[str, SourceSpan, str]] = []  # pattern, where it was written, its path in the spec

    # -- init --------------------------------------------------------------------------------------------------

    def inits(self, table: Table | None, prefix: str, here: Surroundings) -> tuple[InitRule, ...]:
        """The rules of an `init`, for the parameters below a prefix (with its dot, or empty)."""
        found = []
        if table is not None and not self._are_few(len(table.entries), table):
            return ()
        for key, value in table.entries if table else ():
            pattern = self._evaluator.text(key, here)
            given = self._evaluator.data(value, here)
            if isinstance(pattern, Poison) or given is POISON:
                continue
            at = here.context.at(value.path)
            try:
                definition = read_definition(INITIALISERS, given, f"init of '{pattern}'")
            except SettingsError as error:
                self._report.extend(diagnose(p, span=value.span, at=at) for p in error.problems)
                continue
            found.append(InitRule(prefix, pattern, definition, key))
        self._inits += found
        return tuple(found)

    def of_entry(self, modifiers: Modifiers, path: str, here: Surroundings) -> tuple[InitRule, ...]:
        """The rules under an entry's `init`, whose patterns are relative to it."""
        return self.inits(modifiers.init, f"{path}.", here)

    def starts(
        self, op: Operator, operands: Iterable[Value], path: str, rules: Iterable[InitRule]
    ) -> dict[str, Definition]:
        """How a layer's parameters start; of several rules, the last, which is the innermost or the latest."""
        found: dict[str, Definition] = {}
        for name in trained_parameters(op, operands) if rules else ():
            full = f"{path}.{name}"
            for rule in rules:
                if full.startswith(rule.prefix) and is_match(rule.pattern, full.removeprefix(rule.prefix)):
                    rule.is_used = True
                    found[name] = rule.definition
        return found

    # -- freeze ------------------------------------------------------------------------------------------------

    def freeze(self, tree: Tree | None, prefix: str, here: Surroundings) -> None:
        """Note the patterns under `freeze`; they apply once all layers are there."""
        if tree is None or is_empty(tree) or is_poisoned(tree):
            return
        items = tree.items if isinstance(tree, Array) else (tree,)
        for item in items if self._are_few(len(items), tree) else ():
            pattern = self._evaluator.data(item, here)
            if isinstance(pattern, str):
                self._frozen.append((f"{prefix}{pattern}", item.span, item.path))
            elif pattern is not POISON:
                hint = 'to freeze everything, write `freeze: ["*"]`' if isinstance(item, Scalar) else None
                self._report.error("type", "`freeze` lists patterns of parameters", item.span, at=item.path, hint=hint,
                                   expected='`["encoder.*"]`', found=item.kind)  # fmt: skip

    def _are_few(self, count: int, tree: Tree) -> bool:
        if count > MAX_PATTERNS:
            self._report.error("size", "there are too many patterns", tree.span, at=tree.path, found=str(count),
                               expected=f"at most {MAX_PATTERNS}", hint="`*` crosses dots")  # fmt: skip
        return count <= MAX_PATTERNS

    # -- in the end --------------------------------------------------------------------------------------------

    def finish(self, assembler: Assembler) -> None:
        """Freeze what is to be frozen, and report the patterns that match nothing."""
        for pattern, span, path in self._frozen:
            try:
                assembler.freeze(pattern)
            except AttributeProblem as problem:
                self._report.add(diagnose(problem, span=span, at=path))
        used = {rule.source.span for rule in self._inits if rule.is_used}  # one in a block has many instances
        for rule in self._inits:
            if rule.source.span not in used:
                self._report_unused(rule, assembler)

    def _report_unused(self, rule: InitRule, assembler: Assembler) -> None:
        paths = [path for path, parameter in assembler.parameters.items() if parameter.spec.trainable]
        relative = [path.removeprefix(rule.prefix) for path in paths if path.startswith(rule.prefix)]
        try:
            match_paths(rule.pattern, relative)
        except AttributeProblem as problem:
            self._report.add(diagnose(problem, span=rule.source.span, at=rule.source.path))


def trained_parameters(op: Operator, operands: Iterable[Value]) -> Mapping[str, object]:
    """The parameters that an operator declares, without its buffers; none if the operands do not fit."""
    types = [value.type for value in operands]
    try:
        op.infer(*types)
    except AttributeProblem:
        return {}
    return {name: spec for name, spec in op.parameters(*types).items() if spec.trainable}
