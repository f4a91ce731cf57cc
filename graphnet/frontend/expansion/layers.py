"""Single layers: an operator with its attributes, applied to its operands under its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphnet.core.diagnostics import AttributeProblem
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.expansion.arguments import Argument, Arguments, Configured
from graphnet.frontend.expansion.context import InitRule, Surroundings
from graphnet.frontend.expansion.namer import Namer, Naming, poisoned
from graphnet.frontend.expansion.names import Binding, Flow, LayerMade
from graphnet.frontend.expansion.rules import Rules, trained_parameters
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.problems import diagnose
from graphnet.frontend.text.entries import Application, Share
from graphnet.frontend.text.report import Report
from graphnet.ir.graph import Node, Value
from graphnet.ir.operator import Operator

MAX_SIZE: Final = 2**48
"""The most elements of a value, for one sample."""


class LayerMaker:
    """Applies operators, for the first time or again with the parameters of an earlier layer."""

    def __init__(self, assembler: Assembler, arguments: Arguments, namer: Namer, rules: Rules, report: Report) -> None:
        self._assembler, self._arguments, self._namer = assembler, arguments, namer
        self._rules, self._report = rules, report

    def make(
        self, definition: type[Operator], argument: Argument | None, operands: Sequence[Flow], entry: Application,
        here: Surroundings, is_frozen: bool,
    ) -> Flow:  # fmt: skip
        """Apply an operator where it is written.

        Args:
            definition: the operator.
            argument: its attributes; None if they could not be told.
            operands: what it consumes.
            entry: what was written.
            here: where.
            is_frozen: whether its parameters are left alone.
        """
        context = here.context
        naming = self._namer.name(entry.modifiers.name, definition.name, entry.span, here)
        subject = f"{definition.name} '{naming.path}'"
        rules = (*context.inits, *self._rules.of_entry(entry.modifiers, naming.path, here))
        if definition.kind != "layer":
            self._report.error(
                "kind", f"{definition.name} is no layer", entry.span, at=context.at(entry.path, subject),
                expected="an operator that gives a value", found=f"a {definition.kind}", hint="it belongs under `loss`",
            )  # fmt: skip
            argument = None
        configured = self._arguments.configure(definition, argument, entry, subject, here) if argument else None
        node: Node | None = None
        if configured is not None and configured.op is not None and naming.is_free and _are_present(operands):
            values = [*(v for v in operands if isinstance(v, Value)), *configured.references]
            try:
                node = self._apply(configured.op, values, entry, naming, here, rules, is_frozen)
            except AttributeProblem as problem:
                self._arguments.report_problem(problem, configured.argument, entry, subject, here)
        return self._bind(configured, node, naming, here)

    def again(self, made: LayerMade, operands: Sequence[Flow], entry: Share, here: Surroundings) -> Flow:
        """Apply an earlier layer with its parameters."""
        naming = self._namer.name(entry.modifiers.name, made.op.name, entry.span, here)
        configured = Configured(made.op, made.references, Argument())
        node: Node | None = None
        if naming.is_free and _are_present(operands):
            values = [*(v for v in operands if isinstance(v, Value)), *made.references]
            try:
                node = self._share(made.op, values, made.node, entry, naming, here)
            except AttributeProblem as problem:
                at = here.context.at(entry.path, f"{made.op.name} '{naming.path}'")
                self._report.add(diagnose(problem, span=entry.span, at=at))
        return self._bind(configured, node, naming, here)

    def _apply(
        self, op: Operator, values: Sequence[Value], entry: Application, naming: Naming, here: Surroundings,
        rules: Sequence[InitRule], is_frozen: bool,
    ) -> Node:  # fmt: skip
        names = here.context.names
        if names.twin is not None:
            original = names.twin.bindings.get(naming.name)
            made = original.made if original is not None else None
            return self._share(op, values, made.node if isinstance(made, LayerMade) else None, entry, naming, here)
        node = self._assembler.apply(
            op, values, name=naming.name, scope=names.path, span=entry.span, frozen=is_frozen,
            init=self._rules.starts(op, values, naming.path, rules),
        )  # fmt: skip
        if node.outputs[0].type.size > MAX_SIZE:
            raise AttributeProblem(
                f"{op.name} '{naming.path}' gives a value that no machine could hold", code="size",
                expected="at most 2 ** 48 elements a sample", found=shortened(str(node.outputs[0].type)),
            )  # fmt: skip
        return node

    def _share(
        self, op: Operator, values: Sequence[Value], original: Node | None, entry: Application | Share, naming: Naming,
        here: Surroundings,
    ) -> Node:  # fmt: skip
        """Apply an operator with the parameters of another node.

        Raises:
            AttributeProblem: the other node has not those that the operator needs, or the operands do not fit.
        """
        if original is None and (needed := trained_parameters(op, values)):
            raise AttributeProblem(
                f"{op.name} '{naming.path}' has parameters that the shared original lacks", code="share",
                expected="the same layers in both", found=", ".join(f"`{naming.name}.{name}`" for name in needed),
                hint="conditions and loops that depend on the input differ between the two",
            )  # fmt: skip
        shared = original if original is not None and original.parameters else None
        scope = here.context.names.path
        return self._assembler.apply(op, values, name=naming.name, scope=scope, span=entry.span, shared=shared)

    def _bind(self, configured: Configured | None, node: Node | None, naming: Naming, here: Surroundings) -> Flow:
        binding = poisoned(naming)
        if node is not None and configured is not None and configured.op is not None:
            made = LayerMade(configured.op, node, configured.references)
            binding = Binding(node.outputs[0], naming.span, naming.is_given, made=made)
        self._namer.bind(naming, here.context, binding)
        return binding.flow


def _are_present(operands: Sequence[Flow]) -> bool:
    return all(isinstance(flow, Value) for flow in operands)
