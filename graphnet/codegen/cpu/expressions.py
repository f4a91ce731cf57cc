"""Printing scalar expressions as vector code."""

from __future__ import annotations

import math
from collections.abc import Callable, Set

from graphnet.codegen.writer import Writer
from graphnet.ir.expression import BatchSize, Call, Constant, Coordinate, Expression, Load, Uniform, walk

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "equal": "==", "not_equal": "!=", "logical_and": "&", "logical_or": "|",
}  # fmt: skip
PREFIX = {"negative": "-", "logical_not": "~"}


class ExpressionPrinter:
    """Prints expressions, naming what is used more than once.

    Args:
        writer: receives the assignments.
        leaf: the text of a leaf: a load, a coordinate, the batch size, a random number.
        used: collects the names of primitives, for the import line.
    """

    def __init__(self, writer: Writer, leaf: Callable[[Expression], str], used: set[str], prefix: str = "t") -> None:
        self.writer, self.leaf, self.used, self.prefix = writer, leaf, used, prefix
        self._names: dict[Expression, str] = {}
        self._count = 0

    def print(self, *expressions: Expression) -> list[str]:
        """Texts for the expressions; what they share is assigned to a name first."""
        uses: dict[Expression, int] = {}
        for expression in expressions:
            for e in walk(expression):
                uses[e] = uses.get(e, 0) + 1
        for expression in expressions:
            for e in walk(expression):
                if isinstance(e, Call) and uses[e] > 1 and e not in self._names:
                    text = self._text(e)
                    self._names[e] = f"{self.prefix}{self._count}"
                    self._count += 1
                    self.writer.line(f"{self._names[e]} = {text}")
        return [self._vector(e) for e in expressions]

    def _text(self, e: Expression) -> str:
        if e in self._names:
            return self._names[e]
        match e:
            case Constant(value):
                return number(value)
            case Call(function, arguments) if function in INFIX:
                left, right = (self._operand(a) for a in arguments)
                if all(isinstance(a, Constant) for a in arguments):
                    left = self._vector(arguments[0])
                return f"{left} {INFIX[function]} {right}"
            case Call(function, arguments) if function in PREFIX:
                return f"{PREFIX[function]}{self._operand(arguments[0])}"
            case Call(function, arguments):
                self.used.add(function)
                return f"{function}({', '.join(self._vector(a) for a in arguments)})"
            case Load() | Coordinate() | BatchSize() | Uniform():
                return self.leaf(e)
        raise TypeError(f"cannot print {e!r}")

    def _operand(self, e: Expression) -> str:
        text = self._text(e)
        needs = isinstance(e, Call) and e not in self._names and (e.function in INFIX or e.function in PREFIX)
        needs = needs or text.startswith("-")
        return f"({text})" if needs else text

    def _vector(self, e: Expression) -> str:
        """A function's argument, which must be a vector."""
        if isinstance(e, Constant):
            self.used.add("splat")
            return f"splat({number(e.value)})"
        return self._text(e)


def number(value: float) -> str:
    """A float literal that generated code can hold: infinities and NaN have no literal of their own."""
    if math.isnan(value):
        return "(1e308 * 10.0 - 1e308 * 10.0)"
    if math.isinf(value):
        return "1e308 * 10.0" if value > 0 else "-1e308 * 10.0"
    return repr(float(value))


def keeps_zero(expression: Expression, zero_slots: Set[int], wild_slots: Set[int] = frozenset()) -> bool:
    """Whether the expression is 0 wherever the loads of these slots are: then padding lanes stay zero by themselves.

    Args:
        expression: of one element.
        zero_slots: loads that are zero there.
        wild_slots: loads that may be infinite or NaN there, times which zero is not zero.
    """

    def zero(e: Expression) -> bool:
        match e:
            case Constant(value):
                return value == 0.0
            case Load(slot):
                return slot in zero_slots
            case Call("multiply", (a, b)):
                return (zero(a) and is_tame(b, zero_slots, wild_slots)) or (
                    zero(b) and is_tame(a, zero_slots, wild_slots)
                )
            case Call("add" | "subtract" | "maximum" | "minimum", (a, b)):
                return zero(a) and zero(b)
            case Call("where", (_, a, b)):
                return zero(a) and zero(b)
            case Call("negative" | "absolute" | "sqrt" | "floor" | "expm1" | "log1p" | "tanh" | "erf" | "arctan", (a,)):
                return zero(a)
            case Call("divide", (a, b)):
                return zero(a) and isinstance(b, Constant)
        return False

    return zero(expression)


def is_tame(expression: Expression, zero_slots: Set[int], wild_slots: Set[int] = frozenset()) -> bool:
    """Whether the expression is neither infinite nor NaN where the loads of some slots are zero.

    Other loads are taken to be ordinary numbers, but for those of `wild_slots`.
    """
    match expression:
        case Constant(value):
            return math.isfinite(value)
        case Load(slot):
            return slot not in wild_slots
        case Call("divide", (a, b)):
            return is_tame(a, zero_slots, wild_slots) and isinstance(b, Constant) and b.value != 0.0
        case Call("sqrt" | "log1p", (a,)):
            return keeps_zero(a, zero_slots, wild_slots)
        case Call("log" | "power"):
            return False
        case Call(_, arguments):
            return all(is_tame(a, zero_slots, wild_slots) for a in arguments)
    return True
