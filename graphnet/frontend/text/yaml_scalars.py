"""Plain YAML scalars, read by the rules of the YAML 1.2 core schema."""

from __future__ import annotations

import re
from typing import Final

ScalarValue = None | bool | int | float | str
"""What a scalar can stand for."""

MAX_DIGITS: Final = 40
"""The longest number that is read: far beyond any size, and short enough to convert at once."""

_CONSTANTS: Final[dict[str, ScalarValue]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "+.Inf": float("inf"), "+.INF": float("inf"),
    "-.inf": float("-inf"), "-.Inf": float("-inf"), "-.INF": float("-inf"),
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL: Final = re.compile(r"0o[0-7]+", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


def read_scalar(text: str) -> ScalarValue:
    """What a plain (unquoted) scalar stands for: `1e-3` is a number, and `no`, `on` and `1_000` are text.

    Raises:
        ValueError: a number with more digits than `MAX_DIGITS`, or one that no float can hold.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return int(_short(text), base)
    if _FLOAT.fullmatch(text):
        number = float(_short(text))
        if number in (float("inf"), float("-inf")):
            raise ValueError("a number too large for 64 bits")
        return number
    return text


def _short(text: str) -> str:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return text
