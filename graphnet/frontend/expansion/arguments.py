"""What stands under a head: the attributes of an operator, the params of a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator, whole_hint
from graphnet.frontend.problems import with_subject
from graphnet.frontend.settings import SettingsError, construct
from graphnet.frontend.text.entries import Application
from graphnet.frontend.text.entry_reader import LAYERS
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.vocabulary import Block
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_empty, is_poisoned
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.references import reference_attributes, resolved


@dataclass(eq=False)
class Argument:
    """The parts of what stands under a head.

    Attributes:
        keys: by attribute; missing for a bare value.
        values: the tree of each attribute.
        branches: the operands, if they are written as branches.
    """

    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, Tree] = field(default_factory=dict)
    branches: Array | None = None


@dataclass(frozen=True, eq=False)
class Configured:
    """An operator with its attributes.

    Attributes:
        op: None if something was wrong.
        references: the operands that its attributes stand for.
        argument: as written, for positions.
    """

    op: Operator | None
    references: tuple[Value, ...]
    argument: Argument


class Arguments:
    """Reads arguments; what is wrong with them goes into the report."""

    def __init__(self, evaluator: Evaluator, report: Report) -> None:
        self._evaluator, self._report = evaluator, report

    # -- operators ---------------------------------------------------------------------------------------------

    def split(self, definition: type[Operator], entry: Application, here: Surroundings) -> Argument | None:
        """Tell attributes from branches; None if what stands there is neither."""
        tree = entry.argument
        if is_poisoned(tree):
            return None
        if is_empty(tree):
            return Argument()
        takes_branches = definition.arity != 1
        if isinstance(tree, Array) and takes_branches:
            return Argument(branches=tree)
        if isinstance(tree, Table):
            keys = {key.text: key for key, _ in tree.entries}
            found = Argument(keys, {key.text: value for key, value in tree.entries})
            if takes_branches and "branches" in found.values:
                branches = found.values.pop("branches")
                if not isinstance(branches, Array):
                    self._error("type", "`branches` is a list", branches, here, "a list of branches", branches.kind)
                    return None
                found.branches = branches
            return found
        if definition.primary is None:
            self._error(
                "value", f"{definition.name} takes no bare value", tree, here,
                "a list of branches, or `from: [a, b]`" if takes_branches else "attributes by name, or none", tree.kind,
            )  # fmt: skip
            return None
        return Argument(values={definition.primary: tree})

    def configure(
        self, definition: type[Operator], argument: Argument, entry: Application, subject: str, here: Surroundings
    ) -> Configured:
        """Make the operator, and find the values that its attributes refer to."""
        settings: dict[str, Any] = {}
        operands: dict[str, tuple[Value, ...]] = dict.fromkeys(reference_attributes(definition), ())
        for name, tree in argument.values.items():
            if name not in operands or not isinstance(tree, Scalar) or tree.is_null:
                settings[name] = self._evaluator.data(tree, here)
                continue
            flow = self._evaluator.flow(tree, here)
            settings[name] = POISON
            if isinstance(flow, Value):
                try:
                    settings[name], operands[name] = resolved(definition, name, flow)
                except AttributeProblem as refused:
                    self.report_problem(with_subject(refused, subject, [flow]), argument, entry, subject, here)
        usable = {name: value for name, value in settings.items() if value is not POISON}
        broken = settings.keys() - usable.keys()
        op: Operator | None = None
        try:
            op = construct(definition, usable, subject)
        except SettingsError as error:
            for problem in error.problems:
                if problem.attribute not in broken:
                    self.report_problem(problem, argument, entry, subject, here)
        return Configured(None if broken else op, tuple(chain(*operands.values())), argument)

    def report_problem(
        self, problem: AttributeProblem, argument: Argument, entry: Application, subject: str, here: Surroundings
    ) -> None:
        """Report what an operator refuses, at the attribute that is to blame."""
        name = problem.attribute or ""
        hint = problem.hint
        place: Tree | None = argument.values.get(name)
        if problem.code == "unknown-attribute":
            place = argument.keys.get(name)
            if name in LAYERS.modifiers:
                hint = f"`{name}` is a modifier: it stands beside `{entry.head.text}`, not inside"
        elif hint is None and isinstance(place, Scalar) and "whole number" in (problem.expected or ""):
            hint = whole_hint(self._evaluator.data(place, here))
        self._report.error(
            problem.code, problem.message, place.span if place else entry.span,
            at=here.context.at(entry.path, subject), expected=problem.expected, found=problem.found, hint=hint,
        )  # fmt: skip

    # -- blocks ------------------------------------------------------------------------------------------------

    def given_params(self, block: Block, entry: Application, here: Surroundings) -> dict[str, Any] | Poison:
        """The params that the user of a block sets; POISON if they do not fit. Single ones may be POISON."""
        tree = entry.argument
        names = [param.name for param in block.params]
        if is_poisoned(tree):
            return POISON
        if isinstance(tree, Table):
            is_known = [self._is_param(key, names, block, entry, here) for key, _ in tree.entries]
            if not all(is_known):
                return POISON
            given = self._evaluator.table(tree, here)
        elif is_empty(tree):
            given = {}
        elif not names:
            self._error("value", f"block '{block.name}' has no params", tree, here, "no value", tree.kind)
            return POISON
        else:
            given = {names[0]: self._evaluator.data(tree, here)}
        missing = [p.name for p in block.params if p.default is None and given.get(p.name) is None]
        if missing:
            needed = " and ".join(f"`{name}`" for name in missing)
            self._report.error(
                "missing-param", f"block '{block.name}' needs {needed}", entry.span, expected=f"a value for {needed}",
                at=here.context.at(entry.path), found=", ".join(f"`{g}`" for g in given) or "no params",
            )  # fmt: skip
            return POISON
        return given

    def all_params(self, block: Block, given: Mapping[str, Any], here: Surroundings) -> dict[str, Any]:
        """Params with their defaults, which see the params before them and what the block receives."""
        variables: dict[str, Any] = {}
        for param in block.params:
            if given.get(param.name) is not None:
                variables[param.name] = given[param.name]
            elif param.default is not None:
                inside = here.context.deeper(variables=dict(variables))
                variables[param.name] = self._evaluator.data(param.default, Surroundings(inside, here.previous))
        return variables

    def _is_param(self, key: Scalar, names: list[str], block: Block, entry: Application, here: Surroundings) -> bool:
        if key.text in names:
            return True
        close = nearest(key.text, names)
        hint = f"did you mean `{close}`?" if close else None
        if key.text in LAYERS.modifiers:
            hint = f"`{key.text}` is a modifier: it stands beside `{entry.head.text}`, not inside"
        self._error("unknown-param", f"block '{block.name}' has no param '{key.text}'", key, here,
                    ", ".join(names) or "no params", f"`{key.text}`", hint)  # fmt: skip
        return False

    def _error(
        self, code: str, message: str, tree: Tree, here: Surroundings, expected: str, found: str,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        self._report.error(code, message, tree.span, at=here.context.at(tree.path), expected=expected,
                           found=found, hint=hint)  # fmt: skip
