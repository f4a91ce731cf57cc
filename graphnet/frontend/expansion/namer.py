"""Names for entries: what they are called, and whether they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.source import SourceSpan
from graphnet.frontend.expansion.context import Context, Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator
from graphnet.frontend.expansion.names import Binding
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.problems import check_name
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_tree import Scalar

MAX_NAME: Final = 100
"""The longest name of a layer."""


@dataclass(frozen=True)
class Naming:
    """What an entry is called.

    Attributes:
        name: its own name.
        path: its name behind those of the scopes around it.
        is_given: whether the spec says it.
        is_free: whether it can have this name; a problem is reported already if not.
        span: of the name, or of the head.
    """

    name: str
    path: str
    is_given: bool
    is_free: bool
    span: SourceSpan


class Namer:
    """Finds names and reports those that cannot be."""

    def __init__(self, evaluator: Evaluator, report: Report) -> None:
        self._evaluator, self._report = evaluator, report

    def name(self, given: Scalar | None, kind: str, head: SourceSpan, here: Surroundings) -> Naming:
        """The name of the next entry.

        Args:
            given: what the spec says, if anything.
            kind: the operator or block, which unnamed entries are named after.
            head: where to point if a counted name is taken.
            here: of the entry.
        """
        context = here.context
        counted = context.names.count(kind)
        if given is None:
            is_free = self._is_free(counted, False, head, "", context)
            return Naming(counted, context.names.full(counted), False, is_free, head)
        name = self._evaluator.text(given, here)
        if isinstance(name, str) and self._is_name(name, given, context):
            is_free = self._is_free(name, True, given.span, given.path, context)
            return Naming(name, context.names.full(name), True, is_free, given.span)
        return Naming(counted, context.names.full(counted), False, False, given.span)

    def _is_name(self, name: str, given: Scalar, context: Context) -> bool:
        try:
            check_name(name, f"'{shortened(name)}'")
            if len(name) > MAX_NAME:
                raise AttributeProblem("", expected=f"at most {MAX_NAME} characters", found=f"{len(name)} characters")
        except AttributeProblem as problem:
            self._report.error("name", f"this cannot be the name of a layer: '{shortened(name)}'", given.span,
                               at=context.at(given.path), expected=problem.expected, found=problem.found)  # fmt: skip
            return False
        return True

    def _is_free(self, name: str, is_given: bool, span: SourceSpan, path: str, context: Context) -> bool:
        """Whether a name stands for nothing yet where it would be seen."""
        taken: str | None = None
        known = context.names.bindings.get(name)
        if known is not None:
            taken = _described(known)
        elif is_given and name in ("input", "previous"):
            taken = "it has a meaning of its own in `from` and in expressions"
        elif is_given:
            outer = next((n.bindings[name] for n in context.names.outward() if name in n.bindings), None)
            taken = _described(outer) if outer is not None and outer.is_given else None
        if taken is None:
            return True
        hint = "put a loop variable into it: `name: conv$index`" if context.passes else "give it another name"
        if known is not None and not known.is_given and is_given:
            hint = "counted names go to layers without a name; give it another name"
        self._report.error("name", f"the name '{name}' is taken", span, at=context.at(path) if path else None,
                           expected="a name that is not visible here", found=taken, hint=hint)  # fmt: skip
        return False

    def bind(self, naming: Naming, context: Context, binding: Binding) -> None:
        """Make the name stand for something, unless it stands for something else."""
        if naming.is_free:
            context.names.bindings[naming.name] = binding


def poisoned(naming: Naming) -> Binding:
    """What the name of an entry stands for that could not be made."""
    return Binding(POISON, naming.span, naming.is_given)


def _described(binding: Binding) -> str:
    return f"line {binding.span.line} has it" if binding.span else "it is in use"
