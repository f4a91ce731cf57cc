"""What a file can name as a head: the operators, its blocks, and the specs it imports as blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.core.diagnostics import nearest
from graphnet.core.source import SourceSpan
from graphnet.frontend.text.entries import Entry
from graphnet.frontend.text.yaml_tree import Scalar, Table, Tree
from graphnet.ir.operator import REGISTRY, Operator

LAYER_CONTROLS = ("sequential", "share", "for", "repeat", "if")
"""The control words among layers."""


@dataclass(frozen=True, eq=False)
class Param:
    """A param of a block or a network; required without a default."""

    name: str
    key: Scalar
    default: Tree | None


@dataclass(frozen=True, eq=False)
class Block:
    """A block, or an imported spec: something with params that is expanded where it is used.

    Attributes:
        name: as heads write it.
        span: of its name where it is defined.
        path: the path of its definition, empty for an imported file.
        doc: what it is, in a sentence.
        params: in order.
        inputs: their names; none if it has one input without a name.
        layers: its entries.
        outputs: (name, reference), in order; the first is the block's value. Without any, that is the last layer.
        vocabulary: the heads that its entries know.
        freeze, init: of an imported spec: patterns over its own parameters.
    """

    name: str
    span: SourceSpan
    path: str
    doc: str
    params: tuple[Param, ...]
    inputs: tuple[str, ...]
    layers: tuple[Entry, ...]
    outputs: tuple[tuple[Scalar, Scalar], ...]
    vocabulary: Vocabulary
    freeze: Tree | None = None
    init: Table | None = None


@dataclass(eq=False)
class Vocabulary:
    """The heads of one file.

    Attributes:
        blocks: blocks and imports by name; None for those that could not be read.
        named: the names that the file's entries give themselves, for hints.
        params: those of the file itself, for hints.
        branches: what was read of lists of branches, by the identity of their trees.
    """

    blocks: dict[str, Block | None] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    params: set[str] = field(default_factory=set)
    branches: dict[int, tuple[tuple[Entry, ...], ...]] = field(default_factory=dict)

    def has(self, head: str) -> bool:
        return head in self.blocks or head in REGISTRY

    def operator(self, head: str) -> type[Operator] | None:
        """The operator of this name, unless a block has it."""
        return None if head in self.blocks else REGISTRY.get(head)

    def heads(self) -> list[str]:
        """All names that can begin an entry among layers."""
        layers = [name for name, op in REGISTRY.items() if op.kind == "layer"]
        return [*self.blocks, *layers, *LAYER_CONTROLS]

    def similar(self, head: str) -> str | None:
        """The head that a word is most likely a misspelling of; `BatchNorm2d` is near `batch_norm`."""
        plain = {_plain(name): name for name in self.heads()}
        close = nearest(head, self.heads()) or nearest(_plain(head), plain)
        return plain.get(close, close) if close else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
