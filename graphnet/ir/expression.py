"""Scalar expressions: what a kernel computes for one element.

An operator writes its formula as ordinary Python over `Expression` objects. Calling it once records the
formula, which is then substituted (fusion), printed as vector code (CPU), as scalar code (CUDA), or read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class Expression:
    """A node of a scalar formula. Immutable and hashable; arithmetic and comparisons build larger ones."""

    def __add__(self, other: Scalar) -> Expression:
        return call("add", self, other)

    def __radd__(self, other: Scalar) -> Expression:
        return call("add", other, self)

    def __sub__(self, other: Scalar) -> Expression:
        return call("subtract", self, other)

    def __rsub__(self, other: Scalar) -> Expression:
        return call("subtract", other, self)

    def __mul__(self, other: Scalar) -> Expression:
        return call("multiply", self, other)

    def __rmul__(self, other: Scalar) -> Expression:
        return call("multiply", other, self)

    def __truediv__(self, other: Scalar) -> Expression:
        return call("divide", self, other)

    def __rtruediv__(self, other: Scalar) -> Expression:
        return call("divide", other, self)

    def __neg__(self) -> Expression:
        return call("negative", self)

    def __lt__(self, other: Scalar) -> Expression:
        return call("less", self, other)

    def __le__(self, other: Scalar) -> Expression:
        return call("less_equal", self, other)

    def __gt__(self, other: Scalar) -> Expression:
        return call("greater", self, other)

    def __ge__(self, other: Scalar) -> Expression:
        return call("greater_equal", self, other)

    def __and__(self, other: Expression) -> Expression:
        return call("logical_and", self, other)

    def __or__(self, other: Expression) -> Expression:
        return call("logical_or", self, other)

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value while it is recorded; use where(condition, a, b)")


Scalar = Expression | float | int


@dataclass(frozen=True)
class Constant(Expression):
    """A number known at compile time."""

    value: float


@dataclass(frozen=True)
class Load(Expression):
    """The element read by `reads[slot]` of the comprehension that holds the expression."""

    slot: int


@dataclass(frozen=True)
class Coordinate(Expression):
    """The value of a loop as a number: the class index in a cross entropy, for instance."""

    loop: str


@dataclass(frozen=True)
class BatchSize(Expression):
    """How many samples the running step has."""


@dataclass(frozen=True)
class Uniform(Expression):
    """A random number in [0, 1), a function of seed, step, `stream` and the element's logical index alone.

    Attributes:
        stream: tells the random nodes of a graph apart.
        loops: the loops whose values form the logical index, outermost first.
    """

    stream: int
    loops: tuple[str, ...]


@dataclass(frozen=True)
class Call(Expression):
    """A primitive applied to expressions; names are NumPy's."""

    function: str
    arguments: tuple[Expression, ...]


ARITY = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "maximum", "minimum", "power"), 2),
    **dict.fromkeys(("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), 2),
    **dict.fromkeys(("logical_and", "logical_or"), 2),
    **dict.fromkeys(("negative", "absolute", "sqrt", "floor", "exp", "expm1", "log", "log1p"), 1),
    **dict.fromkeys(("tanh", "sigmoid", "erf", "arctan", "logical_not"), 1),
    "where": 3,
}
"""The primitives that every target provides, with their number of arguments."""


def as_expression(value: Scalar) -> Expression:
    """Numbers become constants."""
    return value if isinstance(value, Expression) else Constant(float(value))


def _is(expression: Expression, value: float) -> bool:
    return isinstance(expression, Constant) and expression.value == value


def call(function: str, *arguments: Scalar) -> Expression:
    """Build `function(arguments)`, applying the identities that hold for every float (x * 1, x + 0, x - 0, x / 1)."""
    args = tuple(as_expression(a) for a in arguments)
    if len(args) != ARITY[function]:
        raise TypeError(f"{function} takes {ARITY[function]} arguments, not {len(args)}")
    if all(isinstance(a, Constant) for a in args) and function in _FOLD:
        return Constant(float(_FOLD[function](*(a.value for a in args if isinstance(a, Constant)))))
    match function:
        case "multiply" if _is(args[1], 1.0):
            return args[0]
        case "multiply" if _is(args[0], 1.0):
            return args[1]
        case "add" | "subtract" if _is(args[1], 0.0):
            return args[0]
        case "add" if _is(args[0], 0.0):
            return args[1]
        case "divide" if _is(args[1], 1.0):
            return args[0]
    return Call(function, args)


_FOLD: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b if b else math.nan if a == 0 or a != a else math.copysign(math.inf, a),
    "negative": lambda a: -a,
}


def exp(x: Scalar) -> Expression:
    return call("exp", x)


def expm1(x: Scalar) -> Expression:
    return call("expm1", x)


def log(x: Scalar) -> Expression:
    return call("log", x)


def log1p(x: Scalar) -> Expression:
    return call("log1p", x)


def tanh(x: Scalar) -> Expression:
    return call("tanh", x)


def sigmoid(x: Scalar) -> Expression:
    return call("sigmoid", x)


def erf(x: Scalar) -> Expression:
    return call("erf", x)


def arctan(x: Scalar) -> Expression:
    return call("arctan", x)


def sqrt(x: Scalar) -> Expression:
    return call("sqrt", x)


def floor(x: Scalar) -> Expression:
    return call("floor", x)


def absolute(x: Scalar) -> Expression:
    return call("absolute", x)


def maximum(a: Scalar, b: Scalar) -> Expression:
    return call("maximum", a, b)


def minimum(a: Scalar, b: Scalar) -> Expression:
    return call("minimum", a, b)


def power(a: Scalar, b: Scalar) -> Expression:
    return call("power", a, b)


def equal(a: Scalar, b: Scalar) -> Expression:
    """a == b, element by element. (`==` compares the formulas themselves.)"""
    return call("equal", a, b)


def not_equal(a: Scalar, b: Scalar) -> Expression:
    return call("not_equal", a, b)


def logical_not(a: Expression) -> Expression:
    return call("logical_not", a)


def where(condition: Expression, a: Scalar, b: Scalar) -> Expression:
    """a where the condition holds, else b; both sides are computed."""
    return call("where", condition, a, b)


def substitute(expression: Expression, replace: Callable[[Expression], Expression | None]) -> Expression:
    """Rewrite bottom up: wherever `replace` gives an expression for a leaf, it takes the leaf's place."""
    if isinstance(expression, Call):
        return call(expression.function, *(substitute(a, replace) for a in expression.arguments))
    replacement = replace(expression)
    return expression if replacement is None else replacement


def walk(expression: Expression) -> Iterator[Expression]:
    """Every sub-expression, arguments before the calls that use them."""
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)
    yield expression


def loads(expression: Expression) -> set[int]:
    """The slots of all reads in the expression."""
    return {e.slot for e in walk(expression) if isinstance(e, Load)}
