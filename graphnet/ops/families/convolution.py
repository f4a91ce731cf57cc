"""What convolutions and transposed convolutions of one, two and three dimensions have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.correlation import Correlation
from graphnet.ops.families.padding import BorderMode, Padding
from graphnet.ops.families.windows import Extents, Pair, Windows, require_map


class Filtering(Operator):
    """An operator that correlates maps with learned filters, one way or the other.

    How many dimensions there are is told by the attributes.
    """

    out_channels: int
    kernel_size: Extents
    stride: Extents
    padding: Extents | Literal["same"]
    dilation: Extents
    groups: int
    bias: bool

    def windows(self) -> Windows:
        """The geometry that the attributes describe, of windows over the larger map."""
        return Windows(self.kernel_size, self.stride, self.around(), self.dilation)

    def around(self) -> tuple[Pair, ...]:
        """The padding before and behind each axis."""
        if self.padding == "same":
            spans = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return tuple((span // 2, span - span // 2) for span in spans)
        return tuple((p, p) for p in self.padding)

    def correlation(self, x: TensorType) -> Correlation:
        """The correlation that the operator computes in some direction."""
        raise NotImplementedError

    def require_maps(self, x: TensorType) -> None:
        """Refuse operands of another rank, and channels that cannot be cut into groups.

        Raises:
            AttributeProblem: the operand does not fit.
        """
        require_map(x, len(self.kernel_size))
        channels = x.sample_shape[0]
        for what, count in (("input channels", channels), ("out_channels", self.out_channels)):
            if count % self.groups:
                raise AttributeProblem(
                    f"cannot cut {count} {what} into {self.groups} groups", attribute="groups", code="groups",
                    expected=f"groups that divide {channels} and {self.out_channels}", found=f"groups: {self.groups}",
                )  # fmt: skip

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        shape = self.correlation(operands[0]).weight.sample_shape
        taps = product(self.kernel_size)
        fan_in, fan_out = shape[1] * taps, shape[0] * taps
        init = Initializer("kaiming_uniform", {"a": 5**0.5})
        found = {"weight": ParameterSpec(shape, init, fan_in=fan_in, fan_out=fan_out)}
        if self.bias:
            bound = Initializer("uniform", {"low": -(fan_in**-0.5), "high": fan_in**-0.5})
            found["bias"] = ParameterSpec((self.out_channels,), bound, fan_in=fan_in)
        return found

    def macs(self, *operands: TensorType) -> int:
        """One for each response and each tap of its filter."""
        correlation = self.correlation(operands[0])
        return correlation.responses.size * product(correlation.weight.sample_shape[1:])

    def _with_bias(self, b: Builder, y: Value, bias: Value | None = None) -> Value:
        return y if bias is None else b.pointwise("bias", lambda v, bias: v + bias, y, bias)

    def _bias_gradient(self, b: Builder, gradient: Value) -> tuple[Value, ...]:
        if not self.bias:
            return ()
        positions = range(2, gradient.type.rank)
        return (b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0, *positions)),)

    def _label(self) -> str:
        return self.name if self.groups == 1 else f"{self.name}_grouped"


class Convolution(Filtering):
    """An operator that gives the filters' responses to a map.

    Zeros around the map are never stored. Anything else is: the windows then run over the padded map.
    """

    padding_mode: Literal["zeros"] | BorderMode

    def windows(self) -> Windows:
        windows = super().windows()
        return windows if self._borders() is None else replace(windows, padding=((0, 0),) * windows.rank)

    def _borders(self) -> Padding | None:
        """What is added around the map, if that is not zeros."""
        if self.padding_mode == "zeros" or not any(map(any, self.around())):
            return None
        return Padding(dict(enumerate(self.around(), start=2)), self.padding_mode)

    def _map(self, x: TensorType) -> TensorType:
        """What the windows run over."""
        borders = self._borders()
        return x if borders is None else borders.padded(x)

    def _padded(self, b: Builder, x: Value) -> Value:
        borders = self._borders()
        return x if borders is None else borders.pad(b, x)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        self.require_maps(operands[0])
        if self.padding == "same" and max(self.stride) > 1:
            raise AttributeProblem(
                'padding "same" needs stride 1', attribute="padding", code="value",
                expected="stride 1, or padding in numbers", found=f"stride {self.stride}",
            )  # fmt: skip
        size = self._map(operands[0]).sample_shape[1:]
        return (TensorType.batched(self.out_channels, *self.windows().extents(size)),)

    def correlation(self, x: TensorType) -> Correlation:
        (y,) = self.infer(x)
        return Correlation(self.windows(), self.groups, map=self._map(x), responses=y)

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return self.windows().unread(self._map(operands[0]).sample_shape[1:])

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, weight, *bias = inputs
        y = self.correlation(x.type).responses_to(b, self._label(), self._padded(b, x), weight)
        return self._with_bias(b, y, *bias)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight = inputs[:2]
        correlation, borders = self.correlation(x.type), self._borders()
        gx = correlation.map_for(b, f"{self.name}_input_gradient", gradient, weight)
        gx = gx if borders is None else borders.gradient(b, gx, x.type)
        gw = correlation.weight_for(b, f"{self.name}_weight_gradient", gradient, self._padded(b, x))
        return gx, gw, *self._bias_gradient(b, gradient)


class TransposedConvolution(Filtering):
    """An operator that gives the map for responses: the gradient of a convolution, as an operator of its own."""

    padding: Extents
    output_padding: Extents

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        self.require_maps(operands[0])
        windows = self.windows()
        size = []
        for axis, extent in enumerate(operands[0].sample_shape[1:]):
            stride, dilation, extra = self.stride[axis], self.dilation[axis], self.output_padding[axis]
            if extra >= max(stride, dilation):
                raise AttributeProblem(
                    "cannot add so much at the end", attribute="output_padding", code="value",
                    expected=f"output_padding less than stride {stride} or dilation {dilation}", found=str(extra),
                )  # fmt: skip
            size.append((extent - 1) * stride + windows.span(axis) + extra - sum(windows.padding[axis]))
        if min(size) < 1:
            raise AttributeProblem(
                "its padding leaves nothing of {operand}", attribute="padding", code="value",
                expected="less padding, or a larger kernel_size", found=f"padding {self.padding}",
            )  # fmt: skip
        return (TensorType.batched(self.out_channels, *size),)

    def correlation(self, x: TensorType) -> Correlation:
        (y,) = self.infer(x)
        return Correlation(self.windows(), self.groups, map=y, responses=x)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, weight, *bias = inputs
        y = self.correlation(x.type).map_for(b, self._label(), x, weight)
        return self._with_bias(b, y, *bias)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight = inputs[:2]
        correlation = self.correlation(x.type)
        gx = correlation.responses_to(b, f"{self.name}_input_gradient", gradient, weight)
        gw = correlation.weight_for(b, f"{self.name}_weight_gradient", x, gradient)
        return gx, gw, *self._bias_gradient(b, gradient)
