"""The names of a network while it is expanded: who defines them, who sees them, and what they stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphnet.core.source import SourceSpan
from graphnet.frontend.text.entries import Entry
from graphnet.frontend.text.report import Poison
from graphnet.frontend.text.vocabulary import Block
from graphnet.ir.graph import Node, Scope, Value
from graphnet.ir.operator import Operator


@dataclass(frozen=True)
class Absent:
    """There is no current value, for a reason: a network of several inputs begins without one."""

    reason: str


Flow = Value | Poison | Absent
"""What passes from entry to entry."""


@dataclass(frozen=True, eq=False)
class LayerMade:
    """A layer that `share` can apply again.

    Attributes:
        op: with its attributes.
        node: what it made.
        references: the operands that its attributes name.
    """

    op: Operator
    node: Node
    references: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class BlockMade:
    """A block instance that `share` can expand again.

    Attributes:
        block: what was expanded.
        given: the params that its user set.
    """

    block: Block
    given: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class SequentialMade:
    """A named sequential that `share` can expand again."""

    entries: tuple[Entry, ...]
    variables: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Binding:
    """What a name stands for.

    Attributes:
        flow: its value.
        span: where it was defined.
        is_given: whether the spec says the name, rather than a count or a position.
        inner: the names inside a block instance or sequential.
        exports: of a block instance: what can be reached inside; None for a sequential, all of which can.
        made: what `share` needs; None for what cannot be shared.
    """

    flow: Flow
    span: SourceSpan | None
    is_given: bool = True
    inner: Names | None = None
    exports: Mapping[str, Flow] | None = None
    made: LayerMade | BlockMade | SequentialMade | None = None


@dataclass(eq=False)
class Names:
    """The names that a network, a block instance or a named sequential defines.

    Attributes:
        path: the scopes from the network to here.
        parent: what encloses a sequential; None for a block, which is sealed, and for the network.
        is_positional: whether unnamed entries are named by position (in a named sequential) or by count.
        twin: in a shared instance, the names of the original, whose parameters are used.
    """

    path: tuple[Scope, ...] = ()
    parent: Names | None = None
    is_positional: bool = False
    twin: Names | None = None
    bindings: dict[str, Binding] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _entries: int = 0

    def inside(self, scope: Scope, *, is_sealed: bool, twin: Names | None) -> Names:
        """The names of a block instance (sealed) or sequential in here."""
        return Names((*self.path, scope), None if is_sealed else self, not is_sealed, twin)

    def full(self, name: str) -> str:
        """The path of a layer of this name."""
        return ".".join([*(scope.name for scope in self.path), name])

    def count(self, kind: str) -> str:
        """Count an entry, named or not, and say what it is called if it has no name."""
        self._counts[kind] += 1
        self._entries += 1
        return str(self._entries - 1) if self.is_positional else f"{kind}{self._counts[kind]}"

    def outward(self) -> Iterator[Names]:
        """These names, then those of the enclosing sequentials up to the block or network."""
        names: Names | None = self
        while names is not None:
            yield names
            names = names.parent

    def binding(self, reference: str) -> Binding | None:
        """What a name, or a dotted path into named sequentials and block outputs, stands for."""
        first, *rest = reference.split(".")
        found = next((n.bindings[first] for n in self.outward() if first in n.bindings), None)
        for k, step in enumerate(rest):
            if found is None:
                return None
            if found.exports is not None:
                is_last = k == len(rest) - 1
                return Binding(found.exports[step], found.span) if is_last and step in found.exports else None
            found = found.inner.bindings.get(step) if found.inner is not None else None
        return found

    def visible(self) -> list[str]:
        """All names that can be used here, the nearest first."""
        return list(dict.fromkeys(name for names in self.outward() for name in names.bindings))
