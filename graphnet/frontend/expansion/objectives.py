"""The terms of `loss` and the entries of `metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from graphnet.core.diagnostics import AttributeProblem
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.expansion.arguments import Argument, Arguments
from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator, in_words
from graphnet.frontend.expansion.namer import Namer, poisoned
from graphnet.frontend.expansion.names import Absent, Flow
from graphnet.frontend.expansion.rules import Rules
from graphnet.frontend.python.term import has_target, prediction_count
from graphnet.frontend.settings import SettingsError, construct
from graphnet.frontend.text.entries import Application, Broken, Condition, Entry
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_empty, is_poisoned
from graphnet.ir.definitions import METRICS
from graphnet.ir.graph import Value
from graphnet.ir.metric import MetricDefinition
from graphnet.ir.operator import REGISTRY, Operator

MAX_TERMS: Final = 200
"""The most losses and metrics, conditions among them included."""


class _Reported(Exception):  # noqa: N818 - control flow: the problem is in the report already
    """A term cannot be made."""


class Objectives:
    """Adds losses and metrics to a network whose layers are there.

    Args:
        assembler: takes them.
        outputs: of the network, by name; `from` defaults to the only one.
        here: the surroundings of the network's last layer.
        rules: how parameters of losses start.
        evaluator, report: as for layers.
    """

    def __init__(
        self, assembler: Assembler, outputs: Mapping[str, Flow], here: Surroundings, rules: Rules, evaluator: Evaluator,
        report: Report,
    ) -> None:  # fmt: skip
        self._assembler, self._outputs, self._here = assembler, outputs, here
        self._rules, self._evaluator, self._report = rules, evaluator, report
        self._arguments = Arguments(evaluator, report)
        self._namer = Namer(evaluator, report)
        self._count = 0
        self._metric_names: dict[str, int] = {}
        self._is_complete = not report.errors
        self._is_poisoned = False  # whether a loss is missing, and perhaps its target with it

    def losses(self, entries: Iterable[Entry]) -> None:
        """Add the terms of the loss."""
        for entry in self._chosen(entries):
            definition = REGISTRY.get(self._head(entry, "loss", REGISTRY))
            if definition is None:
                self._is_poisoned = True
            elif definition.kind == "layer":
                self._error("kind", f"{definition.name} is no loss", entry, "a loss", "an operator among the losses",
                            "it belongs under `layers`")  # fmt: skip
            else:
                self._term(definition, entry)

    def metrics(self, entries: Iterable[Entry]) -> None:
        """Add the metrics; the losses must be there."""
        for entry in self._chosen(entries):
            definition = METRICS.get(self._head(entry, "metric", METRICS))
            if definition is not None:
                self._metric(definition, entry)

    # -- losses ------------------------------------------------------------------------------------------------

    def _term(self, definition: type[Operator], entry: Application) -> None:
        naming = self._namer.name(entry.modifiers.name, definition.name, entry.span, self._here)
        self._namer.bind(naming, self._here.context, poisoned(naming))
        subject = f"{definition.name} '{naming.name}'"
        weight = self._weight(entry)
        given = self._split(entry, "pattern" if definition.kind == "regulariser" else "target", definition.primary)
        if given is None:
            self._is_poisoned = True
            return
        what, argument = given
        configured = self._arguments.configure(definition, argument, entry, subject, self._here)
        predictions = [] if definition.kind == "regulariser" else self._predictions(entry, prediction_count(definition))
        usable = [flow for flow in predictions if isinstance(flow, Value)]
        if configured.op is None or weight is None or len(usable) < len(predictions) or not naming.is_free:
            self._is_poisoned = True
            return
        try:
            if definition.kind == "regulariser":
                self._regulariser(configured.op, what, entry, naming.name, weight)
                return
            operands = [*usable, *self._targets(configured.op, what, usable, naming.name, entry)]
            starts = self._rules.starts(configured.op, operands, naming.name, self._here.context.inits)
            self._assembler.loss(configured.op, operands, name=naming.name, weight=weight, span=entry.span, init=starts)
        except _Reported:
            self._is_poisoned = True
        except AttributeProblem as problem:
            self._is_poisoned = True
            self._arguments.report_problem(problem, argument, entry, subject, self._here)

    def _targets(
        self, op: Operator, what: Tree | None, predictions: Sequence[Value], name: str, entry: Application
    ) -> list[Value]:
        """The target as an operand: a value of the network, or what a batch must bring; none for losses without."""
        if not has_target(type(op)):
            if what is not None:
                raise AttributeProblem(f"{op.name} '{name}' has no target", code="target", expected="predictions only",
                                       found=what.kind)  # fmt: skip
            return []
        if what is None:
            raise AttributeProblem(f"{op.name} '{name}' needs a target", code="target", expected=f"`{op.name}: label`",
                                   found="no target")  # fmt: skip
        target = self._evaluator.text(what, self._here)
        if isinstance(target, Poison):
            raise _Reported
        flow = self._here.flow(target)
        if flow is POISON:
            raise _Reported
        if isinstance(flow, Value):
            return [flow]
        return [self._assembler.target(target, self._assembler.target_type(op, predictions, name), what.span)]

    def _regulariser(self, op: Operator, what: Tree | None, entry: Application, name: str, weight: float) -> None:
        if what is None:
            raise AttributeProblem(f"{op.name} '{name}' needs a pattern", code="pattern", found="no pattern",
                                   expected=f'`{op.name}: "*.weight"`')  # fmt: skip
        if entry.modifiers.source is not None:
            raise AttributeProblem(f"{op.name} '{name}' takes no `from`", code="modifier", found="`from`",
                                   expected="a pattern of parameters")  # fmt: skip
        patterns = self._evaluator.data(what, self._here)
        patterns = [patterns] if isinstance(patterns, str) else patterns
        if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns) or not patterns:
            if patterns is POISON:
                raise _Reported
            raise AttributeProblem(f"{op.name} '{name}' needs patterns of parameters", code="pattern",
                                   expected=f'`{op.name}: "*.weight"`', found=in_words(patterns))  # fmt: skip
        if self._is_complete:  # where layers are missing, so are their parameters
            self._assembler.regulariser(op, patterns, name=name, weight=weight, span=entry.span)

    def _weight(self, entry: Application) -> float | None:
        tree = entry.modifiers.weight
        if tree is None:
            return 1.0
        weight = self._evaluator.data(tree, self._here)
        if isinstance(weight, int | float) and not isinstance(weight, bool):
            return float(weight)
        if weight is not POISON:
            hint = "class weights are an attribute of the loss" if isinstance(weight, list) else None
            self._report.error("value", "the weight of a loss is a number", tree.span, at=tree.path,
                               expected="a number", found=in_words(weight), hint=hint)  # fmt: skip
        return None

    # -- metrics -----------------------------------------------------------------------------------------------

    def _metric(self, definition: type[MetricDefinition], entry: Application) -> None:
        given = self._split(entry, "target", None)
        name = self._metric_name(definition, entry)
        if given is None or name is None:
            return
        what, argument = given
        settings = {key: self._evaluator.data(tree, self._here) for key, tree in argument.values.items()}
        values = [*self._predictions(entry, 1), self._metric_target(what, entry)]
        usable = [value for value in values if isinstance(value, Value)]
        try:
            made = construct(definition, {k: v for k, v in settings.items() if v is not POISON}, definition.name)
            if len(usable) == len(values) and not any(v is POISON for v in settings.values()):
                self._assembler.metric(made, usable, name=name)
        except SettingsError as error:
            for problem in error.problems:
                if settings.get(problem.attribute or "") is not POISON:
                    self._arguments.report_problem(problem, argument, entry, definition.name, self._here)
        except AttributeProblem as problem:
            self._arguments.report_problem(problem, argument, entry, definition.name, self._here)

    def _metric_name(self, definition: type[MetricDefinition], entry: Application) -> str | None:
        """What reports call it: the metric's own name, with a count from the second on."""
        count = self._metric_names[definition.name] = self._metric_names.get(definition.name, 0) + 1
        if entry.modifiers.name is None:
            return definition.name if count == 1 else f"{definition.name}{count}"
        name = self._evaluator.text(entry.modifiers.name, self._here)
        return name if isinstance(name, str) else None

    def _metric_target(self, what: Tree | None, entry: Application) -> Flow:
        targets = self._assembler.targets
        if what is None:
            if len(targets) == 1:
                return next(iter(targets.values()))
            if not self._is_poisoned:
                listed = f"{len(targets)} targets: {', '.join(targets)}" if targets else "no target in the losses"
                self._error("target", f"{entry.head.text} needs a target", entry, f"`{entry.head.text}: label`", listed)
            return POISON
        name = self._evaluator.text(what, self._here)
        if isinstance(name, Poison):
            return POISON
        flow = self._here.flow(name)
        if isinstance(flow, Value | Poison):
            return flow
        if name not in targets:
            if not self._is_poisoned:
                self._error("target", f"no loss has the target '{name}'", entry,
                            f"a target of a loss: {', '.join(targets) or 'there is none'}", f"'{name}'")  # fmt: skip
            return POISON
        return targets[name]

    # -- what both have ----------------------------------------------------------------------------------------

    def _chosen(self, entries: Iterable[Entry]) -> Iterable[Application]:
        """The entries, with conditions decided."""
        for entry in entries:
            self._count += 1
            if self._count > MAX_TERMS:
                self._error("size", "there are too many losses and metrics", entry, f"at most {MAX_TERMS}", "more")
                return
            if isinstance(entry, Condition):
                test = self._evaluator.boolean(entry.test, self._here, "the condition")
                if isinstance(test, bool):
                    yield from self._chosen(entry.then if test else entry.otherwise)
                else:
                    self._is_poisoned = True
            elif isinstance(entry, Application):
                yield entry
            elif isinstance(entry, Broken):
                self._is_poisoned = True

    def _head(self, entry: Application, kind: str, known: Mapping[str, Any]) -> str:
        """The name of the loss or metric, which a param may give; empty where it is wrong."""
        if "$" not in entry.head.text:
            return entry.head.text
        head = self._evaluator.text(entry.head, self._here)
        if isinstance(head, str) and head not in known:
            self._error(f"unknown-{kind}", f"there is no {kind} '{head}'", entry, f"the name of a {kind}",
                        f"`{entry.head.text}` is '{head}'")  # fmt: skip
            return ""
        return head if isinstance(head, str) else ""

    def _split(self, entry: Application, first: str, primary: str | None) -> tuple[Tree | None, Argument] | None:
        """What the term is about (a target, a pattern), and its attributes; None if that cannot be told."""
        tree = entry.argument
        if is_poisoned(tree):
            return None
        if is_empty(tree):
            return None, Argument()
        if isinstance(tree, Table):
            keys = {key.text: key for key, _ in tree.entries if key.text != first}
            values = {key.text: value for key, value in tree.entries if key.text != first}
            what = tree.get(first)
            return None if is_poisoned(what) else (None if is_empty(what) else what, Argument(keys, values))
        if primary is not None and primary != first:
            return None, Argument(values={primary: tree})
        if isinstance(tree, Array) and first == "target":
            self._error("type", "a target has one name", entry, "the name of a target", tree.kind)
            return None
        return tree, Argument()

    def _predictions(self, entry: Application, count: int) -> list[Flow]:
        """The values that a term judges: those under `from`, or the only output."""
        source = entry.modifiers.source
        if source is None:
            if count == 1 and len(self._outputs) == 1:
                return [*self._outputs.values()]
            if self._outputs:
                names = ", ".join(self._outputs)
                wanted = f"`from`, with {'a name' if count == 1 else f'{count} names'}"
                self._error(
                    "operands", f"{entry.head.text} must say what it judges", entry, wanted, f"outputs: {names}"
                )
            return [POISON]
        flows = [self._flow(name) for name in source]
        if len(flows) != count and POISON not in flows:
            self._error(
                "operands",
                f"{entry.head.text} cannot judge {len(flows)} value{'s' * (len(flows) != 1)}",
                entry,
                "one value" if count == 1 else f"{count} values",
                f"{len(flows)} under `from`",
            )
            return [POISON]
        return flows

    def _flow(self, name: Scalar) -> Flow:
        """The value of a layer; an output may be called by its own name, too."""
        known = self._here.flow(name.text)
        if name.text in self._outputs and (known is None or isinstance(known, Absent)):
            return self._outputs[name.text]
        return self._evaluator.flow(name, self._here)

    def _error(self, code: str, message: str, entry: Entry, expected: str, found: str, hint: str | None = None) -> None:
        self._report.error(code, message, entry.span, at=self._here.context.at(entry.path), expected=expected,
                           found=found, hint=hint)  # fmt: skip
