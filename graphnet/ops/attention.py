"""attention: each position gathers from the others what it asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, Extent, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Coordinate, Expression, Scalar, equal, exp, where
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, Positive, require_rank
from graphnet.ops.families.dense import dense, dense_gradient, dense_parameters
from graphnet.ops.families.einsum import einsum

_POSITION, _OTHER = Coordinate("c"), Coordinate("w")
"""Of scores (N, position, head, other), whose loops are named as those of (N, C, H, W)."""
_AROUND = (0, 1, 2)
"""The axes of scores that are left once the others are folded."""


@operator("attention", primary="heads", category="contraction")
class Attention(Operator):
    """y = p v W_o^T + b_o, where p = softmax(q k^T / sqrt(d)) and (q, k, v) = x W^T + b.

    The operand x is a sequence (N, length, features). Each of the `heads` has d = features / heads features of q, k
    and v, and its own p, whose numbers for a position sum to 1: the shares that it takes of all positions' v. Causal
    attention takes none of later ones.

    Gradient: with go = gy W_o and gp = go v^T: gs = p (gp - sum of gp p) / sqrt(d), gq = gs k, gk = gs^T q and
    gv = p^T go, and from these the gradients of the linear maps. (q, k, v), p and p v are kept.

    Example:
        `- attention: 8` or `- attention: {heads: 8, causal: true}`

    Source: Vaswani et al., "Attention is all you need", 2017.

    Attributes:
        heads: number of heads, which divides the number of features.
        causal: whether a position sees only itself and what comes before it.
        bias: whether b and b_o are added.

    Parameters: `in_proj_weight` (3 features, features), `in_proj_bias` (3 features), `out_proj.weight` (features,
    features) and `out_proj.bias` (features), named and initialised as those of PyTorch's MultiheadAttention.
    """

    heads: Positive
    causal: Flag = False
    bias: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        x = operands[0]
        require_rank(x, 3, "N, length, features")
        length, features = x.sample_shape
        if features % self.heads:
            raise AttributeProblem(
                f"cannot cut {features} features into {self.heads} heads", attribute="heads", code="value",
                expected=f"heads that divide {features}", found=f"heads: {self.heads}",
            )  # fmt: skip
        return x, TensorType.batched(length, 3 * features), TensorType.batched(length, self.heads, length), x

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        features = operands[0].sample_shape[1]
        xavier, zeros = Initializer("xavier_uniform"), Initializer("zeros")
        shape = (3 * features, features)
        found = {
            "in_proj_weight": ParameterSpec(shape, xavier, fan_in=features, fan_out=3 * features),
            "in_proj_bias": ParameterSpec(shape[:1], zeros, fan_in=features),
            "out_proj.weight": dense_parameters(features, features, bias=False)["weight"],
            "out_proj.bias": ParameterSpec((features,), zeros, fan_in=features),
        }
        return {name: spec for name, spec in found.items() if self.bias or not name.endswith("bias")}

    def macs(self, *operands: TensorType) -> int:
        """Those of the linear maps, of q k^T and of p v."""
        length, features = operands[0].sample_shape
        return 4 * length * features * features + 2 * length * length * features

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, inner, inner_bias, outer, outer_bias = self._named(inputs)
        projected = dense(b, "attention_input", x, inner, inner_bias)
        qkv = b.reshape(projected, self._by_heads(x.type, 3))
        shares = self._shares(b, einsum(b, "attention_scores", "ni0hd,nj1hd->nihj", qkv, qkv), self._factor(x.type))
        gathered = b.reshape(einsum(b, "attention", "nihj,nj2hd->nihd", shares, qkv), x.type.shape)
        return dense(b, "attention_output", gathered, outer, outer_bias), projected, shares, gathered

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, inner, inner_bias, outer, outer_bias), (_, projected, p, gathered) = self._named(inputs), outputs
        go, *outer_gradients = dense_gradient(b, "attention_output", gradient, gathered, outer, outer_bias)
        go, qkv = b.reshape(go, self._by_heads(x.type)), b.reshape(projected, self._by_heads(x.type, 3))

        gp = einsum(b, "attention_shares_gradient", "nihd,nj2hd->nihj", go, qkv)
        mean = b.reduce("attention_mean_gradient", "sum", lambda g, p: g * p, gp, p, axes=(3,))
        factor = self._factor(x.type)
        gs = b.pointwise(
            "attention_scores_gradient", lambda p, g, mean: p * (g - mean) * factor, p, gp, mean,
            axes=(None, None, _AROUND),
        )  # fmt: skip
        gq = einsum(b, "attention_query_gradient", "nihj,nj1hd->nihd", gs, qkv)
        gk = einsum(b, "attention_key_gradient", "nihj,ni0hd->njhd", gs, qkv)
        gv = einsum(b, "attention_value_gradient", "nihj,nihd->njhd", p, go)
        own = (0, 1, 3, 4)
        parts = b.pointwise("parts", _part, gq, gk, gv, axes=(own, own, own), shape=qkv.type.shape)
        flat = b.reshape(parts, projected.type.shape)
        gx, *inner_gradients = dense_gradient(b, "attention_input", flat, x, inner, inner_bias)
        return gx, *inner_gradients, *outer_gradients

    def _named(self, inputs: tuple[Value, ...]) -> tuple[Value, Value, Value | None, Value, Value | None]:
        """x, then weight and bias of the inner and of the outer map."""
        if not self.bias:
            x, inner, outer = inputs
            return x, inner, None, outer, None
        x, inner, inner_bias, outer, outer_bias = inputs
        return x, inner, inner_bias, outer, outer_bias

    def _by_heads(self, x: TensorType, *parts: int) -> tuple[Extent, ...]:
        """The shape (N, length, heads, d), with the number of parts before the heads if there are several."""
        length, features = x.sample_shape
        return (BATCH, length, *parts, self.heads, features // self.heads)

    def _factor(self, x: TensorType) -> float:
        """1 / sqrt(d)."""
        return float((x.sample_shape[1] // self.heads) ** -0.5)

    def _shares(self, b: Builder, scores: Value, factor: float) -> Value:
        """p[n, position, head, other]: the softmax of the scaled scores of the others that are seen."""

        def seen(score: Scalar, hidden: float) -> Scalar:
            return where(_OTHER <= _POSITION, score, hidden) if self.causal else score

        def exponential(score: Expression, largest: Expression) -> Scalar:
            return seen(exp((score - largest) * factor), 0)

        largest = b.reduce("largest", "max", lambda score: seen(score, -math.inf), scores, axes=(3,))
        label, axes = "sum_of_exponentials", (None, _AROUND)
        total = b.reduce(label, "sum", exponential, scores, largest, axes=(3,), operand_axes=axes)
        return b.pointwise(
            "attention_shares", lambda score, largest, total: exponential(score, largest) / total,
            scores, largest, total, axes=(None, _AROUND, _AROUND),
        )  # fmt: skip


def _part(gq: Expression, gk: Expression, gv: Expression) -> Expression:
    """The gradients of q, k and v one after the other, along the axis of depth in (N, C, D, H, W)."""
    part = Coordinate("d")
    return where(equal(part, 0), gq, where(equal(part, 1), gk, gv))
