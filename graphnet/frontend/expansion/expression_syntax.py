"""The syntax of expressions: what of Python they may use, decided before anything is computed."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import Final

from graphnet.core.diagnostics import nearest
from graphnet.frontend.expansion.arithmetic import FUNCTIONS
from graphnet.frontend.expansion.templates import ExpressionError, read_template, shortened

MAX_LENGTH: Final = 500
"""The longest expression, in characters."""
MAX_DEPTH: Final = 30
"""The deepest nesting of an expression."""


def check_syntax(text: str) -> None:
    """Raise ExpressionError if a text's expressions cannot be read, whatever their names stand for."""
    for source in read_template(text).sources:
        parse(source)


def mentioned(text: str) -> set[str]:
    """The names that a text's expressions mention; none where it cannot be read."""
    try:
        trees = [parse(source) for source in read_template(text).sources]
    except ExpressionError:
        return set()
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


@lru_cache(maxsize=8192)
def parse(source: str) -> ast.expr:
    """Read an expression and refuse what the language does not have.

    Raises:
        ExpressionError: not an expression, too long, too deep, or beyond the subset.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(
            "the expression is too long", expected=f"at most {MAX_LENGTH} characters", found=f"{len(source)} characters"
        )
    source = source.strip()
    try:
        with warnings.catch_warnings():  # Python's opinions on style, such as `1if x else 2`
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(
            f"cannot read the expression: {error.msg}", found=f"`{source}`", expected="a Python expression",
            hint=_operator_hint(source),
        ) from None  # fmt: skip
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("cannot read the expression", expected="a simple Python expression") from None
    _check(tree, source, 0)
    return tree


def _operator_hint(source: str) -> str | None:
    if "&&" in source or "||" in source:
        return "write `and` and `or`"
    if "?" in source:
        return "write `a if condition else b`"
    return "within an expression, names have no `$`" if "$" in source else None


_ALLOWED: Final = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice,
    ast.Call, ast.List, ast.Tuple, ast.Attribute,
)  # fmt: skip
_SYMBOLS: Final[dict[type[ast.AST], str]] = {
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&",
    ast.Invert: "~", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
"""Operators of Python that expressions do not have."""


def _check(node: ast.expr, source: str, depth: int) -> None:
    """Refuse whatever the subset does not have, before anything is computed."""
    if depth > MAX_DEPTH:
        raise ExpressionError("the expression is nested too deeply", expected=f"at most {MAX_DEPTH} levels")
    wrong = _beyond_the_subset(node, source)
    if wrong:
        close = (
            nearest(node.func.id, FUNCTIONS) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        )
        raise ExpressionError(
            f"expressions do not have {wrong}", found=f"`{source}`", hint=f"did you mean `{close}`?" if close else None,
            expected=f"arithmetic, comparisons, indexing, and {', '.join(sorted(FUNCTIONS))}",
        )  # fmt: skip
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not (isinstance(node, ast.Call) and child is node.func):
            _check(child, source, depth + 1)


def _beyond_the_subset(node: ast.expr, source: str) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in FUNCTIONS:
            starred = any(isinstance(a, ast.Starred) for a in args)
            return f"such arguments of {name}(...)" if keywords or starred else None
        case ast.Call(func=function):
            return f"the function `{source_of(function, source)}`"
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) if type(op) in _SYMBOLS:
            return f"the operator `{_SYMBOLS[type(op)]}`"
        case ast.Compare(ops=ops) if any(type(o) in _SYMBOLS for o in ops):
            return "the operator `is`"
        case ast.Constant(value=constant) if not isinstance(constant, bool | int | float | str):
            return f"`{source_of(node, source)}`"
        case ast.Attribute(attr=name) if name.startswith("_"):
            return f"the attribute `{name}`"
        case ast.Attribute(value=base) if not isinstance(base, ast.Name | ast.Attribute):
            return f"attributes of `{source_of(base, source)}`"
        case _ if not isinstance(node, _ALLOWED):
            return f"`{source_of(node, source)}`"
    return None


def source_of(node: ast.expr, source: str) -> str:
    """The text of a part of an expression, shortened where it is long."""
    return shortened(" ".join((ast.get_source_segment(source, node) or source).split()))
