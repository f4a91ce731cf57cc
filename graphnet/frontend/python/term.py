"""A loss on its way into a network."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.frontend.python.call_site import CallSite
from graphnet.frontend.python.tensor import Tensor
from graphnet.ir.operator import Operator


@dataclass(frozen=True, eq=False)
class Term:
    """What `gn.cross_entropy(logits, "label")` returns: a loss that `net.loss` adds, with a weight.

    Attributes:
        op: the loss with its attributes, or a regulariser.
        predictions: what it judges; empty for a regulariser.
        target: what it compares with: a target's name, a value of the network, or None.
        patterns: of the parameters that a regulariser reads.
        name: of the term in reports; None for the operator's name and a count.
        site: where it was written.
    """

    op: Operator
    predictions: tuple[Tensor, ...]
    target: str | Tensor | None
    patterns: tuple[str, ...]
    name: str | None
    site: CallSite


def has_target(definition: type[Operator]) -> bool:
    """Whether a loss compares with something, or only judges its operands."""
    return definition.target is not Operator.target


def prediction_count(definition: type[Operator]) -> int:
    """How many operands of a loss come before its target."""
    return max(1, (definition.arity or 1) - has_target(definition))
