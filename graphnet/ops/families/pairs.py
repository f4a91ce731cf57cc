"""What the losses have in common that compare every sample of a batch with every other.

Sums run along rows of (N, N): where columns are wanted, the similarities are computed the other way round, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Coordinate, equal
from graphnet.ir.graph import Value
from graphnet.ops.families.attributes import require_rank
from graphnet.ops.families.einsum import einsum

ROWS: Final = TensorType.batched()
PAIRS: Final = TensorType((BATCH, BATCH))
OWN: Final = equal(Coordinate("n"), Coordinate("c"))
"""Whether an element of a value over pairs is that of a sample and itself, or of two views of one thing."""
BY_COLUMN: Final = (1,)
"""The axis of pairs along which a value with a number for each sample goes, if it is not to go along rows."""


def require_embeddings(operands: Sequence[TensorType]) -> None:
    """Refuse what is no pair of embeddings (N, features) of one length.

    Raises:
        AttributeProblem: the number, rank, length or element type differs.
    """
    if len(operands) != 2:
        raise AttributeProblem(
            "cannot compare {operand}", expected="two embeddings of the same samples: `from: [a, b]`",
            found=f"{len(operands)} values", code="operands",
        )  # fmt: skip
    for operand in operands:
        require_rank(operand, 2, "N, features")
    if operands[0] != operands[1]:
        raise AttributeProblem(
            "cannot compare embeddings of two lengths", expected=f"twice {operands[0]}",
            found=" and ".join(map(str, operands)), hint="bring both to one length with `linear`",
        )  # fmt: skip


def similarities(b: Builder, x: Value, y: Value) -> Value:
    """The inner product of each row of x with each row of y: (N, N)."""
    return einsum(b, "similarity", "nf,cf->nc", x, y)


def mixed(b: Builder, label: str, weights: Value, y: Value) -> Value:
    """For each row of weights (N, N), the sum of the rows of y with these weights: (N, features)."""
    return einsum(b, label, "nc,cf->nf", weights, y)
