"""A YAML text as a tree of scalars, arrays and tables, each with its position.

The tree is plain data by the rules of YAML 1.2. Tags, merge keys, several documents and keys that are no text are
refused, and so are texts whose size, depth or alias expansion could hurt. Aliases share subtrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graphnet.core.source import SourceSpan
from graphnet.frontend.text.report import POISON, Poison
from graphnet.frontend.text.yaml_scalars import ScalarValue

MAX_BYTES: Final = 256 * 1024
"""The longest text; the largest networks that people write are a tenth of it."""
MAX_DEPTH: Final = 48
"""The deepest nesting of arrays and tables."""
MAX_NODES: Final = 100_000
"""The most scalars, arrays and tables, those behind aliases counted each time."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][\w$-]*")


@dataclass(frozen=True, eq=False)
class Scalar:
    """A leaf.

    Attributes:
        span: where it stands.
        path: the keys and positions that lead to it: `layers[6].linear`.
        text: as written, without quotes.
        value: what it stands for; POISON where that cannot be said.
        is_plain: whether it stands without quotes.
    """

    span: SourceSpan
    path: str
    text: str
    value: ScalarValue | Poison
    is_plain: bool = True

    @property
    def is_null(self) -> bool:
        return self.value is None

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, bool):
            return self.text
        return f"the number {self.text}" if isinstance(self.value, int | float) else f"the text '{self.text}'"


@dataclass(frozen=True, eq=False)
class Array:
    """A sequence, in block or flow style."""

    span: SourceSpan
    path: str
    items: tuple[Tree, ...]
    kind = "a list"


@dataclass(frozen=True, eq=False)
class Table:
    """A mapping with text keys, in the order they were written; no key comes twice."""

    span: SourceSpan
    path: str
    entries: tuple[tuple[Scalar, Tree], ...]
    kind = "a mapping"

    def get(self, name: str) -> Tree | None:
        """The value of a key, or None."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key(self, name: str) -> Scalar | None:
        """A key itself, or None."""
        return next((key for key, _ in self.entries if key.text == name), None)


Tree = Scalar | Array | Table


def is_empty(tree: Tree | None) -> bool:
    """Whether nothing was written: an absent value, or null."""
    return tree is None or (isinstance(tree, Scalar) and tree.is_null)


def is_poisoned(tree: Tree | None) -> bool:
    return isinstance(tree, Scalar) and tree.value is POISON


def scalars(tree: Tree | None) -> Iterator[Scalar]:
    """All scalars of a tree, keys included, each shared subtree once."""
    stack, seen = [tree] if tree is not None else [], set[int]()
    while stack:
        top = stack.pop()
        if id(top) in seen:
            continue
        seen.add(id(top))
        match top:
            case Scalar():
                yield top
            case Array():
                stack.extend(top.items)
            case Table():
                for key, value in top.entries:
                    yield key
                    stack.append(value)


def child_path(path: str, step: str | int) -> str:
    """The path one step further in: `layers` and 6 give `layers[6]`."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    step = step if len(step) <= 40 else f"{step[:37]}..."
    if _PLAIN_KEY.fullmatch(step):
        return f"{path}.{step}" if path else step
    return f'{path}["{step}"]'
