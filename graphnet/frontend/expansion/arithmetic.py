"""The functions and operators of expressions that need bounds: nothing here can take long or grow large."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphnet.frontend.expansion.templates import ExpressionError

MAX_INTEGER: Final = 2**63 - 1
MAX_ELEMENTS: Final = 10_000
"""The most elements of a list, and characters of a text, that an expression may make."""


def bounded(value: Any) -> Any:
    """The value itself, if it is a plain one of reasonable size.

    Raises:
        ExpressionError: it is not.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ExpressionError("the number is too large", expected="whole numbers below 2 ** 63")
    if isinstance(value, list | str) and weight(value) > MAX_ELEMENTS:
        raise ExpressionError("the list is too long", expected=f"at most {MAX_ELEMENTS} elements")
    if isinstance(value, complex):
        raise ExpressionError("the result is no real number", expected="a real number")
    return value


def weight(value: Any) -> int:
    """How many elements a value has, those of the lists in it included; counting stops where it is too many."""
    if isinstance(value, str):
        return max(1, len(value))
    if not isinstance(value, list):
        return 1
    total = 1
    for element in value:
        total += weight(element)
        if total > MAX_ELEMENTS:
            break
    return total


def multiply(a: Any, b: Any) -> Any:
    """Numbers multiply; a list or text is repeated, if that does not make it too long."""
    for sequence, count in ((a, b), (b, a)):
        if isinstance(sequence, list | str) and isinstance(count, int) and weight(sequence) * count > MAX_ELEMENTS:
            raise ExpressionError("the list is too long", expected=f"at most {MAX_ELEMENTS} elements")
    return a * b


def power(base: Any, exponent: Any) -> Any:
    """Powers, refused before they are computed if their result would be too large."""
    base, exponent = _number(base), _number(exponent)
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        bits = (abs(base).bit_length() - 1) * exponent
        if bits > 63:
            raise ExpressionError("the power is too large", expected="whole numbers below 2 ** 63")
    return base**exponent


def remainder(a: Any, b: Any) -> Any:
    """Of numbers only: `%` would format text, to any width."""
    return _number(a) % _number(b)


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    raise TypeError


def _short_text(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 40:
        raise ExpressionError("the text is too long to be a number", expected="at most 40 characters")
    if isinstance(value, str | int | float):
        return value
    raise TypeError


def _round(number: Any, digits: int = 0) -> Any:
    if abs(digits) > 20:
        raise ExpressionError("round() to so many digits", expected="at most 20")
    result = round(_number(number), digits)
    return int(result) if digits <= 0 else result


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if not -MAX_INTEGER <= numbers.start <= MAX_INTEGER or len(numbers) > MAX_ELEMENTS:
        raise ExpressionError("the range is too long", expected=f"at most {MAX_ELEMENTS} numbers")
    return list(numbers)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "min": lambda *values: min(*values),
    "max": lambda *values: max(*values),
    "abs": lambda x: abs(_number(x)),
    "round": _round,
    "int": lambda x: int(_short_text(x)),
    "float": lambda x: float(_short_text(x)),
    "ceil": lambda x: math.ceil(_number(x)),
    "floor": lambda x: math.floor(_number(x)),
    "sqrt": lambda x: math.sqrt(_number(x)),
    "len": len,
    "range": _range,
    "sum": lambda values: sum(map(_number, values)),
}
"""What an expression may call."""
