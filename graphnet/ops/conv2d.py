"""conv2d: cross-correlation of images with learned filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.adjoint import contraction_gradient
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, Positive, PositivePair, require_rank
from graphnet.ops.families.windows import Windows, feature_map_loops


@operator("conv2d", primary="out_channels", category="contraction")
class Conv2d(Operator):
    """y[n, o, h, w] = b[o] + sum over c, i, j of x[n, c, h * stride + i * dilation - padding, ...] * W[o, c, i, j].

    With `groups`, input and output channels are cut into as many groups, and each output sees its own group only.

    Gradient: three contractions with the same loops; gx gathers the windows that saw each input element.

    Example:
        `- conv2d: {out_channels: 64, kernel_size: 3, padding: 1}`

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989.

    Attributes:
        out_channels: number of filters.
        kernel_size: height and width of a filter.
        stride: step between windows.
        padding: zeros on each side, or "same" (stride 1): as many as keep the size.
        dilation: step between the taps of a filter.
        groups: number of groups of channels.
        bias: whether b is added.

    Parameters: `weight` (out, in / groups, height, width), `bias` (out); initialised as PyTorch's.
    """

    out_channels: Positive
    kernel_size: PositivePair
    stride: PositivePair = (1, 1)
    padding: NonNegativePair | Literal["same"] = (0, 0)
    dilation: PositivePair = (1, 1)
    groups: Positive = 1
    bias: Flag = True

    def windows(self) -> Windows:
        """The geometry that the attributes describe."""
        if self.padding == "same":
            spans = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            rows, columns = ((span // 2, span - span // 2) for span in spans)
        else:
            rows, columns = ((padding, padding) for padding in self.padding)
        return Windows(self.kernel_size, self.stride, (rows, columns), self.dilation)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        channels, *size = operands[0].sample_shape
        for what, count in (("input channels", channels), ("out_channels", self.out_channels)):
            if count % self.groups:
                raise AttributeProblem(
                    f"cannot cut {count} {what} into {self.groups} groups", attribute="groups", code="groups",
                    expected=f"groups that divide {channels} and {self.out_channels}", found=f"groups: {self.groups}",
                )  # fmt: skip
        if self.padding == "same" and self.stride != (1, 1):
            raise AttributeProblem(
                'padding "same" needs stride 1', attribute="padding", code="value",
                expected="stride 1, or padding in numbers", found=f"stride {self.stride}",
            )  # fmt: skip
        return (TensorType.batched(self.out_channels, *self.windows().extents(size)),)

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return self.windows().unread(operands[0].sample_shape[1:])

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        height, width = self.kernel_size
        per_group = operands[0].sample_shape[0] // self.groups
        fan_in, fan_out = per_group * height * width, self.out_channels * height * width
        init = Initializer("kaiming_uniform", {"a": 5**0.5})
        shape = (self.out_channels, per_group, height, width)
        found = {"weight": ParameterSpec(shape, init, fan_in=fan_in, fan_out=fan_out)}
        if self.bias:
            bound = Initializer("uniform", {"low": -(fan_in**-0.5), "high": fan_in**-0.5})
            found["bias"] = ParameterSpec((self.out_channels,), bound, fan_in=fan_in)
        return found

    def macs(self, *operands: TensorType) -> int:
        height, width = self.kernel_size
        (y,) = self.infer(*operands)
        return y.size * operands[0].sample_shape[0] // self.groups * height * width

    def _contract(self, b: Builder, x: Value, weight: Value) -> Value:
        (y,) = self.infer(x.type)
        channels, units = x.type.sample_shape[0], self.out_channels
        n, _, h, w = feature_map_loops(y)
        i, j = self.windows().taps
        rows, columns = self.windows().reads
        of = Index.of
        if self.groups == 1:
            o, c = Loop("o", units), Loop("c", channels)
            return b.contract(
                "conv2d", [n, o, h, w], [c, i, j],
                x, [of("n"), of("c"), rows, columns], weight, [of("o"), of("c"), of("i"), of("j")],
            )  # fmt: skip
        # A grouped convolution has the group as an axis of its own, along which nothing is summed.
        g, o, c = Loop("g", self.groups), Loop("o", units // self.groups), Loop("c", channels // self.groups)
        x = b.reshape(x, (BATCH, self.groups, channels // self.groups, *x.type.sample_shape[1:]), "group")
        weight = b.reshape(weight, (self.groups, units // self.groups, *weight.type.sample_shape[1:]), "group")
        grouped = b.contract(
            "conv2d_grouped", [n, g, o, h, w], [c, i, j],
            x, [of("n"), of("g"), of("c"), rows, columns], weight, [of("g"), of("o"), of("c"), of("i"), of("j")],
        )  # fmt: skip
        return b.reshape(grouped, y.shape, "ungroup")

    def lower(self, b: Builder, *inputs: Value) -> Value:
        y = self._contract(b, *inputs[:2])
        return b.pointwise("bias", lambda v, bias: v + bias, y, inputs[2]) if self.bias else y

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight = inputs[:2]
        scratch = Builder()  # the forward contraction, recorded once more only to read its loops
        self._contract(scratch, x, weight)
        node = next(n for n in scratch.nodes if n.op.family == "contraction")
        forward: Comprehension = node.comprehension
        operands, gy = (x, weight), gradient
        if self.groups > 1:
            grouped_x, grouped_weight = (value.type.shape for value in node.inputs)
            operands = b.reshape(x, grouped_x, "group"), b.reshape(weight, grouped_weight, "group")
            gy = b.reshape(gradient, tuple(loop.extent for loop in forward.out), "group")
        gx = contraction_gradient(b, "conv2d_input_gradient", forward, gy, operands, 0)
        gw = contraction_gradient(b, "conv2d_weight_gradient", forward, gy, operands, 1)
        if self.groups > 1:
            gx, gw = b.reshape(gx, x.type.shape, "ungroup"), b.reshape(gw, weight.type.shape, "ungroup")
        if not self.bias:
            return gx, gw
        return gx, gw, b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0, 2, 3))
