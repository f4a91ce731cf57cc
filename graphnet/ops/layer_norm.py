"""layer_norm: the features of each sample, or of each of its positions, with mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder, Function, axis_loops
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Expression, Load
from graphnet.ir.graph import ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Axes, Extents, Flag, NonNegativeReal, require_axes, require_floats
from graphnet.ops.families.standardisation import (
    affine_parameters,
    alone,
    inverse_deviation,
    standardise,
    standardise_gradient,
)


@operator("layer_norm", primary="normalized_shape", category="normalisation")
class LayerNorm(Operator):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance along axes of each sample.

    Weight and bias have an element for each position along these axes. Nothing depends on the batch, nor on whether the
    network trains.

    Gradient: with M elements along the axes, z = (x - mean) * inv_std, h = weight * gy, and sums along the axes:
    gx = inv_std * (h - sum h / M - z * (sum h * z) / M); gbias = sum gy, gweight = sum gy * z, along all other axes.
    Mean and inv_std are kept.

    Example:
        `- layer_norm` of the last axis, `- layer_norm: [12, 12]` of the last two,
        or `- layer_norm: {axes: 1}` of the channels at each position

    Source: Ba, Kiros, Hinton, "Layer normalization", 2016.

    Attributes:
        normalized_shape: the extents of the last axes, which are normalised; by default the last one is.
        axes: the axes to normalise, instead of their extents; negative ones count from the end.
        eps: added to the variance.
        elementwise_affine: whether there are weight and bias.
        bias: whether there is a bias, if there is a weight.

    Parameters: `weight` ones and `bias` zeros, with the extents of the axes.
    """

    normalized_shape: Extents | None = None
    axes: Axes | None = None
    eps: NonNegativeReal = 1e-5
    elementwise_affine: Flag = True
    bias: Flag = True

    def _axes(self, operand: TensorType) -> tuple[int, ...]:
        """The axes to normalise, counted from the front.

        Raises:
            AttributeProblem: the operand has no such axes.
        """
        if self.axes is not None:
            if self.normalized_shape is not None:
                raise AttributeProblem(
                    "cannot take both normalized_shape and axes", attribute="axes", code="value",
                    expected="one of them", found=f"axes: {list(self.axes)}",
                )  # fmt: skip
            return require_axes(operand, self.axes, "axes")
        shape = self.normalized_shape or operand.sample_shape[-1:]
        first = operand.rank - len(shape)
        if not shape or first < 1 or operand.shape[first:] != shape:
            last = ", ".join(map(str, shape)) if shape else "L"
            raise AttributeProblem(
                "cannot consume {operand}", expected=f"a value (N, ..., {last})", found=str(operand), code="shape",
                attribute="normalized_shape" if self.normalized_shape else None,
                hint="`axes` names axes without their extents" if self.normalized_shape else None,
            )  # fmt: skip
        return tuple(range(first, operand.rank))

    def _kept(self, operand: TensorType) -> tuple[int, ...]:
        """The other axes: those of the statistics."""
        normalised = self._axes(operand)
        return tuple(axis for axis in range(operand.rank) if axis not in normalised)

    def _shape(self, operand: TensorType) -> tuple[int, ...]:
        return tuple(int(operand.shape[axis]) for axis in self._axes(operand))

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        require_floats(x)
        statistics = TensorType(tuple(x.shape[axis] for axis in self._kept(x)))
        return x, statistics, statistics

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return alone(product(self._shape(operands[0])))

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return affine_parameters(self._shape(operands[0]), bias=self.bias) if self.elementwise_affine else {}

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, *affine = inputs
        axes, kept, count = self._axes(x.type), self._kept(x.type), product(self._shape(x.type))
        total = b.reduce("sum", "sum", lambda v: v, x, axes=axes)
        mean = b.pointwise("mean", lambda s: s / count, total)
        squares = b.reduce(
            "squared_deviation", "sum", lambda v, m: (v - m) * (v - m), x, mean, axes=axes, operand_axes=(None, kept)
        )
        inv_std = b.pointwise("inv_std", lambda s: inverse_deviation(s / count, self.eps), squares)
        own = (None, kept, kept, *(axes for _ in affine))
        return b.pointwise("layer_norm", standardise, x, mean, inv_std, *affine, axes=own), mean, inv_std

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x, *affine), (mean, inv_std) = inputs, outputs[1:]
        axes, kept, count = self._axes(x.type), self._kept(x.type), product(self._shape(x.type))
        weight = affine[:1]

        def scaled(gy: Expression, *weight: Expression) -> Expression:
            return gy * weight[0] if weight else gy

        loops = axis_loops(x.type.shape)
        here = [Index.of(loop.name) for loop in loops]
        outside, inside = ([here[axis] for axis in chosen] for chosen in (kept, axes))
        h = scaled(Load(0), *(Load(3) for _ in weight))
        sum_h, centred = b.fold(
            "layer_norm_sums", [loops[axis] for axis in kept], [loops[axis] for axis in axes],
            [(gradient, here), (x, here), (mean, outside), *((value, inside) for value in weight)],
            Result(h, "sum"), Result(h * (Load(1) - Load(2)), "sum"),
        )  # fmt: skip
        mean_h = b.pointwise("mean_gradient", lambda s: s / count, sum_h)
        slope = b.pointwise("slope", lambda s, i: s * i * i / count, centred, inv_std)
        gx = b.pointwise(
            "layer_norm_gradient",
            lambda gy, v, m, i, mean, slope, *w: standardise_gradient(scaled(gy, *w), v, m, i, mean, slope),
            gradient, x, mean, inv_std, mean_h, slope, *weight, axes=(None, None, *[kept] * 4, *(axes for _ in weight)),
        )  # fmt: skip
        if not affine:
            return (gx,)
        gw = self._sum_outside(
            b, "weight_gradient", lambda gy, v, m, i: gy * (v - m) * i, gradient, x, mean, inv_std,
            operand_axes=(None, None, kept, kept),
        )  # fmt: skip
        return (gx, gw, self._sum_outside(b, "bias_gradient", lambda gy: gy, gradient)) if self.bias else (gx, gw)

    def _sum_outside(self, b: Builder, label: str, function: Function, *values: Value, **options: Any) -> Value:
        """The sum of an expression over all axes but those that are normalised: within each sample first.

        So memory is read from its start to its end.
        """
        _, *positions = self._kept(values[0].type)
        of_samples = b.reduce(label, "sum", function, *values, axes=positions, **options)
        return b.reduce(f"{label}_total", "sum", lambda s: s, of_samples, axes=(0,))
