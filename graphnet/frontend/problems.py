"""What the assembler refuses: names, numbers of operands, and how a problem becomes a diagnostic."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.core.diagnostics import AttributeProblem, Diagnostic
from graphnet.core.source import SourceSpan
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.references import reference_counts

FORBIDDEN = frozenset("./:*?$ \t\r\n")
"""Characters that no name may have: paths, patterns and expressions give them a meaning."""


def diagnose(
    problem: AttributeProblem, *, span: SourceSpan | None = None, lines: tuple[str, ...] = (), at: str | None = None
) -> Diagnostic:
    """The diagnostic of a problem, at the position that the front end knows."""
    return Diagnostic(
        problem.code, problem.message, span, lines, at=at, expected=problem.expected, found=problem.found,
        hint=problem.hint,
    )  # fmt: skip


def with_subject(problem: AttributeProblem, subject: str, operands: Sequence[Value]) -> AttributeProblem:
    """The same problem with the layer and its operands named."""
    names = " and ".join(f"'{value.name}'" for value in operands)
    message = problem.message.replace("{operand}", names)
    separator = " " if message.startswith(("cannot ", "needs ", "refuses ")) else ": "
    return AttributeProblem(
        f"{subject}{separator}{message}", expected=problem.expected, found=problem.found, hint=problem.hint,
        attribute=problem.attribute, code=problem.code,
    )  # fmt: skip


def check_name(name: str, subject: str) -> None:
    """Refuse what paths and references could not hold.

    Raises:
        AttributeProblem: it is empty, no text, or has a character with a meaning of its own.
    """
    bad = sorted(FORBIDDEN.intersection(name)) if isinstance(name, str) else []
    if isinstance(name, str) and name and not bad:
        return
    raise AttributeProblem(
        f"{subject} cannot have this name", code="name", expected="a name of letters, digits, _ and -",
        found=f"{bad[0]!r} in it" if bad else "an empty one" if name == "" else type(name).__name__,
    )  # fmt: skip


def check_arity(op: Operator, count: int, subject: str) -> None:
    """Refuse a number of operands that an operator does not take; losses and regularisers check theirs themselves.

    Raises:
        AttributeProblem: there are too many or too few.
    """
    count -= sum(reference_counts(op).values())
    if op.kind == "layer" and (count == op.arity if op.arity is not None else count >= 2):
        return
    if op.kind != "layer" and count >= 1:
        return
    wanted = {None: "two or more values", 1: "one value"}.get(op.arity, f"{op.arity} values")
    raise AttributeProblem(
        f"{subject} cannot take {count} operand{'s' * (count != 1)}", code="operands", expected=wanted, found=str(count)
    )
