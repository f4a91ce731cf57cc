"""Texts with `$name` and `$(expression)` in them, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def shortened(text: str, length: int = 80) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


class ExpressionError(Exception):
    """An expression that cannot be read or has no value.

    Args:
        message: what is wrong, in words.
        expected, found, hint: as in `Diagnostic`.
        code: the diagnostic's code.
        name: what the expression names and nothing is called.
    """

    def __init__(
        self, message: str, *, expected: str | None = None, found: str | None = None, hint: str | None = None,
        code: str = "expression", name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.message, self.expected, self.hint, self.code = message, expected, hint, code
        self.found, self.name = shortened(found) if found else found, name


@dataclass(frozen=True)
class Template:
    """A text with expressions in it.

    Attributes:
        literals: the plain text before, between and behind the expressions; one more than those.
        sources: the expressions, as written between the parentheses.
    """

    literals: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def is_alone(self) -> bool:
        """Whether an expression is all there is, so that it keeps its type."""
        return len(self.sources) == 1 and self.literals == ("", "")


@lru_cache(maxsize=8192)
def read_template(text: str) -> Template:
    """Take a text apart: `layer$stage`, `conv$(stage)_$(index + 1)`; `$$` is a dollar sign.

    Raises:
        ExpressionError: a `$` that begins nothing, or an expression that does not end.
    """
    literals, sources, k = [""], [], 0
    while k < len(text):
        start = text.find("$", k)
        if start < 0:
            break
        literals[-1] += text[k:start]
        after = text[start + 1 : start + 2]
        if after == "$":
            literals[-1] += "$"
            k = start + 2
            continue
        if after == "(":
            end = _closing(text, start + 1)
            if end is None:
                raise ExpressionError(
                    "the expression does not end", expected="a `)` for every `(`", found=f"`{text[start:]}`",
                    hint="inside {...} or [...], put quotes around an expression that has a comma or a bracket",
                )  # fmt: skip
            sources.append(text[start + 2 : end])
            k = end + 1
        else:
            name = _NAME.match(text, start + 1)
            if name is None:
                raise ExpressionError(
                    "a `$` must begin `$name` or `$(expression)`", found=f"`{text[start : start + 10]}`",
                    hint="a dollar sign is written `$$`",
                )  # fmt: skip
            sources.append(name.group())
            k = name.end()
        literals.append("")
    literals[-1] += text[k:]
    return Template(tuple(literals), tuple(sources))


def is_unbalanced(text: str) -> bool:
    """Whether a `$(` in the text is not closed."""
    if "$(" not in text:
        return False
    try:
        read_template(text)
    except ExpressionError as error:
        return error.expected is not None
    return False


def _closing(text: str, opening: int) -> int | None:
    """The position of the parenthesis that closes the one at `opening`; quoted ones do not count."""
    depth, quote = 0, ""
    for k in range(opening, len(text)):
        character = text[k]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return k
    return None
