"""The expressions of specs: a safe, bounded subset of Python over numbers, text and lists.

Literals, names, `+ - * / // % **`, comparisons, `and or not`, `a if c else b`, indexing, and a few functions. The
shapes of values are read as `x.channels`, `x.shape[2]`. There are no other calls and no other attributes, so an
expression can reach nothing but what the spec gives it; and every size is bounded, so it ends at once.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from graphnet.core.diagnostics import nearest
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.expansion.arithmetic import FUNCTIONS, bounded, multiply, power, remainder
from graphnet.frontend.expansion.expression_syntax import parse, source_of
from graphnet.frontend.expansion.templates import ExpressionError, read_template
from graphnet.frontend.text.report import POISON, Poison


class Environment(Protocol):
    """What names stand for where an expression is written."""

    def variables(self) -> Mapping[str, Any]:
        """Params and loop variables."""

    def tensor(self, reference: str) -> TensorType | Poison | None:
        """The type of a visible value, `input`, `previous` or `encoder.pool3`; None if there is none."""


class _Poisoned(Exception):  # noqa: N818 - control flow: what is wrong was reported already
    """The expression uses something that is wrong itself."""


class Extents:
    """What `x.shape` is: readable by position, except for the batch axis."""

    def __init__(self, type: TensorType) -> None:
        self.shape = type.shape


def evaluate(text: str, environment: Environment) -> Any:
    """The value of a text with expressions in it.

    Alone, an expression keeps its type; within a longer text it becomes text.

    Returns:
        a number, a truth value, text, a list of these, or POISON if it uses something that is wrong itself.

    Raises:
        ExpressionError: it cannot be read, or it has no value.
    """
    template = read_template(text)
    try:
        values = [_Evaluation(environment, source).value(parse(source)) for source in template.sources]
    except _Poisoned:
        return POISON
    if template.is_alone:
        return values[0]
    parts = [template.literals[0]]
    for value, literal in zip(values, template.literals[1:], strict=True):
        parts += [_as_text(value), literal]
    return "".join(parts)


_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: multiply, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: remainder, ast.Pow: power,
}  # fmt: skip
_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


_PROPERTIES: Final = ("channels", "height", "width", "features", "size", "shape")


class _Evaluation:
    """Computes one expression; its parts are only those that `_check` lets through."""

    def __init__(self, environment: Environment, source: str) -> None:
        self._environment, self._source = environment, source.strip()

    def value(self, node: ast.expr) -> Any:
        result = self._compute(node)
        if isinstance(result, Extents):
            raise self._error("a whole shape is no number", expected=f"an element: `{self._text(node)}[1]`")
        return result

    def _compute(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=constant):
                return self._bounded(constant)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute():
                return self._property(node)
            case ast.BoolOp(op=op, values=parts):
                result = self.value(parts[0])
                for part in parts[1:]:
                    if bool(result) != isinstance(op, ast.And):
                        break
                    result = self.value(part)
                return result
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.value(body if self.value(test) else other)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compare(left, ops, others)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.value(element) for element in elements]
            case ast.BinOp(left=left, op=op, right=right):
                return self._apply(_BINARY[type(op)], node, self.value(left), self.value(right))
            case ast.UnaryOp(op=unary, operand=operand):
                return self._apply(_UNARY[type(unary)], node, self.value(operand))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._apply(FUNCTIONS[name], node, *(self._argument(name, a) for a in args))
            case ast.Subscript(value=base, slice=index):
                return self._element(node, self._compute(base), index)
        raise self._error("cannot compute the expression")

    def _argument(self, function: str, node: ast.expr) -> Any:
        """An argument; only `len` takes a whole shape."""
        result = self._compute(node) if function == "len" else self.value(node)
        return result.shape if isinstance(result, Extents) else result

    def _name(self, name: str) -> Any:
        variables = self._environment.variables()
        if name in variables:
            if variables[name] is POISON:
                raise _Poisoned
            return variables[name]
        if self._environment.tensor(name) is not None:
            raise self._error(
                f"`{name}` is a value of the network, not a number", expected=f"`{name}.channels`, `{name}.size`, ..."
            )
        hints = {"true": "write `True`", "false": "write `False`", "null": "leave the value out"}
        close = nearest(name, variables)
        raise ExpressionError(
            f"there is no `{name}` here", found=f"`{self._source}`", code="unknown-name", name=name,
            expected=f"one of: {', '.join(sorted(variables))}" if variables else "no name: nothing is declared here",
            hint=hints.get(name) or (f"did you mean `{close}`?" if close else None),
        )  # fmt: skip

    def _property(self, node: ast.Attribute) -> Any:
        reference = self._text(node.value)
        root = reference.partition(".")[0]
        if node.attr not in _PROPERTIES:
            close = nearest(node.attr, _PROPERTIES)
            raise self._error(
                f"`{reference}` has no `.{node.attr}`", expected=", ".join(_PROPERTIES),
                hint=f"did you mean `.{close}`?" if close else None,
            )  # fmt: skip
        if root in self._environment.variables() and self._environment.tensor(reference) is None:
            raise self._error(f"`{root}` is a plain value and has no `.{node.attr}`", expected="the name of a layer")
        found = self._environment.tensor(reference)
        if found is None:
            raise ExpressionError(
                f"there is no value `{reference}` here", found=f"`{self._source}`", code="unknown-name", name=reference,
                expected="`input`, `previous`, or the name of a layer before this one",
            )  # fmt: skip
        if isinstance(found, Poison):
            raise _Poisoned
        return self._measure(reference, node.attr, found)

    def _measure(self, reference: str, name: str, type: TensorType) -> Any:
        axes = {"channels": (1, 2), "height": (-2, 4), "width": (-1, 4), "features": (-1, 2)}
        if name == "shape":
            return Extents(type)
        if name == "size":
            return type.size
        axis, rank = axes[name]
        if type.rank < rank:
            wanted = f"a value of rank {rank} or more"
            raise self._error(f"`{reference}` has no {name}", expected=wanted, found=str(type))
        return type.shape[axis]

    def _element(self, node: ast.Subscript, base: Any, index: ast.expr) -> Any:
        if isinstance(index, ast.Slice):
            bounds = [self.value(part) if part else None for part in (index.lower, index.upper, index.step)]
            key: Any = slice(*bounds)
        else:
            key = self.value(index)
        if not isinstance(base, Extents):
            if isinstance(base, list | str):
                return self._apply(lambda sequence, k: sequence[k], node, base, key)
            raise self._error("only lists and text have elements", found=f"`{self._text(node.value)}` is {base!r}")
        extent = self._apply(lambda sequence, k: sequence[k], node, base.shape, key)
        if extent == BATCH or not isinstance(extent, int):
            raise self._error("the batch size is not known while the network is built", expected="an axis from 1 on")
        return extent

    def _compare(self, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> bool:
        a = self.value(left)
        for op, other in zip(ops, others, strict=True):
            b = self.value(other)
            if not self._apply(_COMPARISONS[type(op)], other, a, b):
                return False
            a = b
        return True

    def _apply(self, function: Callable[..., Any], node: ast.expr, *arguments: Any) -> Any:
        try:
            return self._bounded(function(*arguments))
        except ExpressionError as error:
            raise self._error(error.message, expected=error.expected, hint=error.hint) from None
        except ZeroDivisionError:
            raise self._error(f"`{self._text(node)}` divides by zero") from None
        except OverflowError:
            raise self._error(f"`{self._text(node)}` is too large") from None
        except IndexError:
            raise self._error(
                f"`{self._text(node)}` reads beyond the end", expected=f"an index into {len(arguments[0])} elements",
                found=f"index {arguments[1]}",
            ) from None  # fmt: skip
        except (TypeError, ValueError):
            kinds = " and ".join(repr(a) for a in arguments)
            raise self._error(f"cannot compute `{self._text(node)}`", found=kinds or None) from None

    def _bounded(self, value: Any) -> Any:
        try:
            return bounded(value)
        except ExpressionError as error:
            raise self._error(error.message, expected=error.expected) from None

    def _text(self, node: ast.expr) -> str:
        return source_of(node, self._source)

    def _error(self, message: str, *, expected: str | None = None, found: str | None = None,
               hint: str | None = None) -> ExpressionError:  # fmt: skip
        return ExpressionError(message, expected=expected, found=found or f"`{self._source}`", hint=hint)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        raise ExpressionError("a list cannot stand within text", found=repr(value), expected="a number or text")
    return str(value)
