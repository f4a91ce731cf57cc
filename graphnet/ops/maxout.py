"""maxout: units that are the largest of several linear maps."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop, Result
from graphnet.ir.expression import Coordinate, Load, equal, where
from graphnet.ir.graph import ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, Positive, require_rank
from graphnet.ops.families.dense import dense, dense_gradient, dense_parameters


@operator("maxout", primary="out_features", category="contraction")
class Maxout(Operator):
    """y[n, o] = max over k of z[n, k, o], with z = x W^T + b and W of shape (pieces * out, in).

    Row k * out + o of W is piece k of unit o.

    Gradient: that of the linear map, with gz[n, k, o] = gy[n, o] for the winning piece k (the first of equals), and
    0 for the others. The winner is kept.

    Example:
        `- maxout: 240` or `- maxout: {out_features: 240, pieces: 5}`

    Source: Goodfellow et al., "Maxout networks", 2013.

    Attributes:
        out_features: number of units.
        pieces: number of linear maps of a unit.
        bias: whether b is added.

    Parameters: `weight` (pieces * out, in) and `bias` (pieces * out), which start as those of `linear`.
    """

    out_features: Positive
    pieces: Positive = 2
    bias: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 2, "N, features")
        return TensorType.batched(self.out_features), TensorType.batched(self.out_features, dtype="int32")

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return dense_parameters(operands[0].size, self.pieces * self.out_features, bias=self.bias)

    def macs(self, *operands: TensorType) -> int:
        return operands[0].size * self.pieces * self.out_features

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, weight, *bias = inputs
        z = dense(b, "maxout", x, weight, bias[0] if bias else None)
        z = b.reshape(z, (BATCH, self.pieces, self.out_features), "pieces")
        read = z, (Index.of("n"), Index.of("k"), Index.of("c"))
        return b.fold(
            "largest_piece", [Loop("n", BATCH), Loop("c", self.out_features)], [Loop("k", self.pieces)], [read],
            Result(Load(0), "max"), Result(Load(0), "argmax", Coordinate("k"), "int32"),
        )  # fmt: skip

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight, *bias = inputs
        at = Index.of("n"), Index.of("c")
        (gz,) = b.fold(
            "winning_piece", [Loop("n", BATCH), Loop("k", self.pieces), Loop("c", self.out_features)], [],
            [(gradient, at), (outputs[1], at)], Result(where(equal(Load(1), Coordinate("k")), Load(0), 0)),
        )  # fmt: skip
        gz = b.reshape(gz, (BATCH, self.pieces * self.out_features), "rows")
        return dense_gradient(b, "maxout", gz, x, weight, bias[0] if bias else None)
