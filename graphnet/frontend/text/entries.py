"""The entries of a spec's lists, as they are written: heads with modifiers, groups, loops and conditions.

Nothing is expanded or looked up here but whether a head exists; see `entry_reader` for how they are read and
`expand` for what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.core.source import SourceSpan
from graphnet.frontend.text.yaml_tree import Scalar, Table, Tree


@dataclass(frozen=True, eq=False)
class Modifiers:
    """What stands beside a head.

    Attributes:
        name: the entry's own name.
        source: the names under `from`, or None.
        freeze: whether its parameters are left alone; a truth value or an expression.
        init: how its parameters start, by pattern.
        weight: of a loss.
    """

    name: Scalar | None = None
    source: tuple[Scalar, ...] | None = None
    freeze: Tree | None = None
    init: Table | None = None
    weight: Tree | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """One item of a list.

    Attributes:
        span: of its head, where problems point.
        path: of the item: `layers[6]`.
    """

    span: SourceSpan
    path: str


@dataclass(frozen=True, eq=False)
class Broken(Entry):
    """An entry that could not be read, which was reported; its value is poisoned."""

    modifiers: Modifiers


@dataclass(frozen=True, eq=False)
class Application(Entry):
    """An operator, a block, a loss or a metric.

    Attributes:
        head: its name, or an expression for it.
        argument: a bare value, attributes, branches, or nothing.
    """

    head: Scalar
    argument: Tree
    modifiers: Modifiers


@dataclass(frozen=True, eq=False)
class Sequential(Entry):
    entries: tuple[Entry, ...]
    modifiers: Modifiers


@dataclass(frozen=True, eq=False)
class Share(Entry):
    """An earlier layer or block instance, applied again.

    Attributes:
        of: its name.
    """

    of: Scalar
    modifiers: Modifiers


@dataclass(frozen=True, eq=False)
class For(Entry):
    """Entries for each row of a table, or for each element of parallel columns.

    Attributes:
        variables: what each pass sets.
        rows: the table; None if there are columns.
        columns: one for each variable; empty if there are rows.
    """

    variables: tuple[str, ...]
    rows: Tree | None
    columns: tuple[Tree, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Repeat(Entry):
    count: Tree
    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Condition(Entry):
    """`if`: one of two lists."""

    test: Tree
    then: tuple[Entry, ...]
    otherwise: tuple[Entry, ...]
