"""bilinear: a form of two values, linear in each."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, Positive, require_rank
from graphnet.ops.families.einsum import einsum


@operator("bilinear", primary="out_features", arity=2, category="contraction")
class Bilinear(Operator):
    """y[n, o] = b[o] + sum over i and j of left[n, i] * W[o, i, j] * right[n, j].

    The products p[n, i, j] = left[n, i] * right[n, j] are computed first, and y is linear in these.

    Gradient: gp = gy W, of which gleft[n, i] = sum of gp[n, i, j] * right[n, j] over j and gright is the like over i;
    gW[o, i, j] = sum of gy[n, o] * p[n, i, j] over n, and gb = sum of gy over n.

    Example:
        `- {bilinear: {out_features: 10}, from: [question, answer]}`

    Attributes:
        out_features: number of units.
        bias: whether b is added.

    Parameters: `weight` (out, left, right) and `bias` (out), uniform in +-1/sqrt(left) at first, as PyTorch's.
    """

    out_features: Positive
    bias: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        for operand in operands:
            require_rank(operand, 2, "N, features")
        return (TensorType.batched(self.out_features),)

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        left, right = (operand.sample_shape[0] for operand in operands)
        init = Initializer("uniform", {"low": -(left**-0.5), "high": left**-0.5})
        shape = (self.out_features, left, right)
        found = {"weight": ParameterSpec(shape, init, fan_in=left * right, fan_out=self.out_features * right)}
        if self.bias:
            found["bias"] = ParameterSpec((self.out_features,), init, fan_in=left * right)
        return found

    def macs(self, *operands: TensorType) -> int:
        """Those of the sum over all products."""
        left, right = (operand.sample_shape[0] for operand in operands)
        return self.out_features * left * right

    def lower(self, b: Builder, *inputs: Value) -> Value:
        left, right, weight, *bias = inputs
        y = einsum(b, "bilinear", "nij,oij->no", _products(b, left, right), weight)
        return b.pointwise("bias", lambda v, shift: v + shift, y, *bias) if bias else y

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        left, right, weight, *bias = inputs
        slopes = einsum(b, "bilinear_products_gradient", "no,oij->nij", gradient, weight)
        gw = einsum(b, "bilinear_weight_gradient", "no,nij->oij", gradient, _products(b, left, right))
        found = [_share(b, slopes, right, summed=2), _share(b, slopes, left, summed=1), gw]
        if bias:
            found.append(b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0,)))
        return tuple(found)


def _products(b: Builder, left: Value, right: Value) -> Value:
    """p[n, i, j] = left[n, i] * right[n, j]."""
    shape = (*left.type.shape, *right.type.sample_shape)
    return b.pointwise("products", lambda x, y: x * y, left, right, axes=((0, 1), (0, 2)), shape=shape)


def _share(b: Builder, slopes: Value, other: Value, summed: int) -> Value:
    """The gradient of one operand, given the other, which is along the axis that is summed over."""
    axes = (None, (0, summed))
    return b.reduce("bilinear_gradient", "sum", lambda g, x: g * x, slopes, other, axes=(summed,), operand_axes=axes)
