"""embedding: a row of a learned table for each token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Loop, Result
from graphnet.ir.expression import Coordinate, Load, equal, not_equal, where
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, Whole

Rows = Annotated[int, Field(strict=True, ge=1, le=2**24)]
"""How many tokens there are, at most as many as single precision tells apart."""


@operator("embedding", category="contraction")
class Embedding(Operator):
    """y[n, l, d] = W[x[n, l], d], for tokens x of shape (N, length), or any other shape of whole numbers.

    Tokens are whole numbers from 0 to num_embeddings - 1. A batch with any other is refused.

    Gradient: gW[v, d] = sum of gy[n, l, d] over all n, l with x[n, l] = v. Each row looks for its token; rows are
    shared among workers, and nothing is added twice in another order. The row `padding_idx` has none.

    Example:
        `- embedding: {num_embeddings: 1000, embedding_dim: 64}`

    Source: Bengio, Ducharme, Vincent, Jauvin, "A neural probabilistic language model", 2003.

    Attributes:
        num_embeddings: number of tokens.
        embedding_dim: number of features of a token.
        padding_idx: a token that stands for no content: its row starts as zeros and has no gradient. Negative ones
            count from the end.

    Parameters: `weight` (num_embeddings, embedding_dim), normally distributed at first, as PyTorch's.
    """

    num_embeddings: Rows
    embedding_dim: Positive
    padding_idx: Whole | None = None

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        x = operands[0]
        if x.dtype == "float" or not x.is_batched:
            raise AttributeProblem(
                "cannot look up {operand}", expected="tokens: a value of whole numbers (N, length)", found=str(x),
                hint="declare the input so: `tokens: {shape: [$length], dtype: int32}`", code="dtype",
            )  # fmt: skip
        rows = self.num_embeddings
        if self.padding_idx is not None and not -rows <= self.padding_idx < rows:
            raise AttributeProblem(
                "has no token for padding", attribute="padding_idx", code="value",
                expected=f"a number from {-rows} to {rows - 1}", found=str(self.padding_idx),
            )  # fmt: skip
        return (TensorType((*x.shape, self.embedding_dim)),)

    @property
    def _padding(self) -> int | None:
        """The padding token, counted from the front."""
        return None if self.padding_idx is None else self.padding_idx % self.num_embeddings

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        shape = (self.num_embeddings, self.embedding_dim)
        init = Initializer("normal", {} if self._padding is None else {"zero_rows": (self._padding,)})
        return {"weight": ParameterSpec(shape, init, fan_in=shape[1], fan_out=shape[0])}

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, weight = inputs
        loops = self._loops(x.type)
        token = [Index.of(loop.name) for loop in loops[:-1]]
        row = [Index.given_by(0), Index.of(loops[-1].name)]
        return b.fold("embedding", loops, (), [(x, token), (weight, row)], Result(Load(1)))[0]

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        *positions, feature = self._loops(inputs[0].type)
        row = Loop("row", self.num_embeddings)
        is_own = equal(Load(0), Coordinate("row"))
        if self._padding is not None:
            is_own = is_own & not_equal(Coordinate("row"), self._padding)
        at = [Index.of(loop.name) for loop in positions]
        reads = [(inputs[0], at), (gradient, [*at, Index.of(feature.name)])]
        share = Result(where(is_own, Load(1), 0), "sum")
        return None, b.fold("embedding_gradient", [row, feature], positions, reads, share)[0]

    def _loops(self, tokens: TensorType) -> tuple[Loop, ...]:
        """The loops over the output."""
        return axis_loops((*tokens.shape, self.embedding_dim))
