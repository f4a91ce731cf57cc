"""From trees to plain data: expressions are computed where they stand, and what is wrong with them is reported."""

from __future__ import annotations

from typing import Any, Final

from graphnet.core.diagnostics import nearest
from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.expressions import evaluate
from graphnet.frontend.expansion.names import Absent, Flow
from graphnet.frontend.expansion.templates import ExpressionError, shortened
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_poisoned
from graphnet.ir.graph import Value

KINDS: Final = {bool: "true or false", int: "a whole number", str: "text", list: "a list", dict: "a mapping"}


class Evaluator:
    """Computes the values of trees.

    Every method returns POISON where it reports a problem, or meets what is poisoned already.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    def data(self, tree: Tree, here: Surroundings) -> Any:
        """Numbers, truth values, text, None, and lists and dicts of these."""
        if isinstance(tree, Scalar):
            if isinstance(tree.value, str) and "$" in tree.value:
                return self._expression(tree, here)
            return tree.value
        if isinstance(tree, Array):
            items = [self.data(item, here) for item in tree.items]
            return POISON if any(item is POISON for item in items) else items
        values = {key.text: self.data(value, here) for key, value in tree.entries}
        return POISON if any(value is POISON for value in values.values()) else values

    def table(self, table: Table, here: Surroundings) -> dict[str, Any]:
        """The values of a mapping, of which some may be POISON."""
        return {key.text: self.data(value, here) for key, value in table.entries}

    def text(self, tree: Tree, here: Surroundings) -> str | Poison:
        """A name: text as it is written, even where it looks like a number."""
        if isinstance(tree, Scalar) and "$" in tree.text and isinstance(tree.value, str):
            value = self._expression(tree, here)
            if isinstance(value, str | int) and not isinstance(value, bool):
                return str(value)
            return self._refuse(tree, here, "this", "a name", value)
        if isinstance(tree, Scalar) and tree.value is not POISON and not tree.is_null:
            return tree.text
        return POISON if is_poisoned(tree) else self._refuse(tree, here, "this", "a name")

    def boolean(self, tree: Tree, here: Surroundings, what: str) -> bool | Poison:
        """A truth value; `what` names it: `if`, `freeze`."""
        value = self.data(tree, here)
        if isinstance(value, bool) or value is POISON:
            return value
        hint = None
        if isinstance(value, int):
            hint = f"compare: `$({tree.text.removeprefix('$').strip('()')} != 0)`" if isinstance(tree, Scalar) else None
        elif value in ("yes", "no", "on", "off"):
            hint = "YAML 1.2 has `true` and `false`"
        return self._refuse(tree, here, what, "true or false", value, hint)

    def integer(self, tree: Tree, here: Surroundings, what: str, low: int, high: int) -> int | Poison:
        """A whole number between two bounds, both included; `what` names it."""
        value = self.data(tree, here)
        if value is POISON or (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
            return value
        return self._refuse(tree, here, what, f"a whole number from {low} to {high}", value, whole_hint(value))

    def flow(self, reference: Scalar, here: Surroundings) -> Flow:
        """The value that a name stands for: of `from`, of an output, of an attribute that refers to a layer."""
        name = self.text(reference, here)
        if isinstance(name, Poison):
            return POISON
        found = here.flow(name)
        if isinstance(found, Absent):
            self._report.error(
                "unknown-name", f"there is no `{name}` here: {found.reason}", reference.span,
                at=here.context.at(reference.path), expected="a name", found=f"`{name}`",
            )  # fmt: skip
            return POISON
        if found is None:
            self._unknown(reference, name, here)
            return POISON
        return found

    # -- problems ----------------------------------------------------------------------------------------------

    def _expression(self, scalar: Scalar, here: Surroundings) -> Any:
        try:
            return evaluate(scalar.text, here)
        except ExpressionError as error:
            self._report.error(
                error.code, error.message, scalar.span, at=here.context.at(scalar.path), expected=error.expected,
                found=error.found, hint=error.hint or self._name_hint(error.name, here),
            )  # fmt: skip
            return POISON

    def _name_hint(self, name: str | None, here: Surroundings) -> str | None:
        """What might be meant by a name in an expression that stands for nothing."""
        if name is None:
            return None
        flow = here.flow(name)
        if isinstance(flow, Absent):
            return flow.reason
        if name in here.context.vocabulary.params:
            return "blocks are sealed: declare it among the block's `params`, and set it where the block is used"
        close = nearest(name, here.context.names.visible())
        return f"did you mean `{close}`?" if close else None

    def _refuse(
        self, tree: Tree, here: Surroundings, what: str, expected: str, value: Any = None, hint: str | None = None
    ) -> Poison:
        if value is not POISON:
            self._report.error("value", f"{what} does not fit", tree.span, at=here.context.at(tree.path),
                               expected=expected, found=tree.kind if value is None else in_words(value),
                               hint=hint)  # fmt: skip
        return POISON

    def _unknown(self, reference: Scalar, name: str, here: Surroundings) -> None:
        context = here.context
        names = context.names
        visible = names.visible()
        close = nearest(name, visible)
        first, _, rest = name.partition(".")
        outer = names.binding(first)
        expected = "the name of a layer before this one"
        hint: str | None = None
        if outer is not None and rest and outer.exports is not None:
            expected = f"one of its outputs: {', '.join(outer.exports) or 'none'}"
            hint = "blocks are sealed: declare it among the block's `outputs`"
        elif name.lstrip("-").isdigit():
            hint = "`from` takes names, never positions"
        elif close:
            hint = f"did you mean `{close}`?"
        elif name in context.vocabulary.named:
            hint = "it is defined later, or inside a block or another sequential, which are reached as `outer.inner`"
        else:
            expected = f"one of: {', '.join(['input', 'previous', *visible][:12])}"
            hint = "it is a param, not a value" if name in context.variables else None
        self._report.error(
            "unknown-name", f"there is no value '{shortened(name)}' here", reference.span,
            at=context.at(reference.path), expected=expected, found=f"'{shortened(name)}'", hint=hint,
        )  # fmt: skip


def whole_hint(value: Any) -> str | None:
    """The hint for a size that is no whole number."""
    return "divide with `//` for a whole number" if isinstance(value, float) else None


def in_words(value: Any) -> str:
    """A value as messages show it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Value):
        return f"the value '{value.name}'"
    return shortened(f"the text '{value}'" if isinstance(value, str) else str(value))
