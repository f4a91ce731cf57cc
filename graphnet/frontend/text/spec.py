"""A spec, read and typed, with every part still knowing where it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphnet.core.source import SourceSpan
from graphnet.frontend.text.entries import Entry
from graphnet.frontend.text.vocabulary import Block, Param, Vocabulary
from graphnet.frontend.text.yaml_tree import Scalar, Table, Tree

VERSION: Final = 1
"""The version of the language that this graphnet reads."""

SECTIONS: Final = (
    "graphnet", "name", "doc", "extends", "import", "params", "inputs", "blocks", "layers", "outputs", "loss",
    "metrics", "init", "freeze", "assert", "train",
)  # fmt: skip
"""The keys of a spec."""


@dataclass(frozen=True, eq=False)
class Spec:
    """A file with what it extends merged into it; nothing is expanded yet.

    Attributes:
        span: the first line of the file.
        name: of the network.
        doc: what it is, in a sentence.
        params: in order.
        inputs: (name, shape or mapping).
        layers: its entries.
        vocabulary: the heads that they know.
        outputs: (name, reference); empty for the default.
        losses, metrics: their terms.
        freeze: patterns, or None.
        init: initialisers by pattern.
        budgets: what `assert` holds.
        train: the recipe.
    """

    span: SourceSpan
    name: str
    doc: str
    params: tuple[Param, ...]
    inputs: tuple[tuple[Scalar, Tree], ...]
    layers: tuple[Entry, ...]
    vocabulary: Vocabulary
    outputs: tuple[tuple[Scalar, Scalar], ...] = ()
    losses: tuple[Entry, ...] = ()
    metrics: tuple[Entry, ...] = ()
    freeze: Tree | None = None
    init: Table | None = None
    budgets: Table | None = None
    train: Table | None = None

    def as_block(self, name: str) -> Block:
        """The spec as a block: without its losses, budgets and recipe, with input shapes from its user."""
        return Block(
            name, self.span, "", self.doc, self.params, tuple(key.text for key, _ in self.inputs), self.layers,
            self.outputs, self.vocabulary, self.freeze, self.init,
        )  # fmt: skip
