"""locally_connected2d: a convolution whose filters differ from place to place."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.types import TensorType, product
from graphnet.ir.adjoint import contraction_gradient
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, Positive, PositivePair
from graphnet.ops.families.windows import Windows, feature_map_loops, require_map


@operator("locally_connected2d", primary="out_channels", category="contraction")
class LocallyConnected2d(Operator):
    """y[n, o, h, w] = b[o, h, w] + sum of x[n, c, h * stride + i * dilation - padding, ...] W[o, c, i, j, h, w].

    Like a convolution, but each place has filters of its own: no weights are shared.

    Gradient: three contractions with the same loops; gx gathers the windows that saw each input element.

    Example:
        `- locally_connected2d: {out_channels: 16, kernel_size: 3, padding: 1}`

    Source: Taigman, Yang, Ranzato, Wolf, "DeepFace: closing the gap to human-level performance in face verification",
    2014.

    Attributes:
        out_channels: number of filters at each place.
        kernel_size: height and width of a filter.
        stride: step between windows.
        padding: zeros on each side.
        dilation: step between the taps of a filter.
        bias: whether b is added.

    Parameters: `weight` (out, in, height, width, rows, columns), where rows and columns are those of y, and `bias`
    (out, rows, columns); initialised as a convolution's.
    """

    out_channels: Positive
    kernel_size: PositivePair
    stride: PositivePair = (1, 1)
    padding: NonNegativePair = (0, 0)
    dilation: PositivePair = (1, 1)
    bias: Flag = True

    def windows(self) -> Windows:
        """The geometry that the attributes describe."""
        rows, columns = ((padding, padding) for padding in self.padding)
        return Windows(self.kernel_size, self.stride, (rows, columns), self.dilation)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_map(operands[0], 2)
        _, *size = operands[0].sample_shape
        return (TensorType.batched(self.out_channels, *self.windows().extents(size)),)

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return self.windows().unread(operands[0].sample_shape[1:])

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        (y,) = self.infer(*operands)
        channels, taps = operands[0].sample_shape[0], product(self.kernel_size)
        fan_in, fan_out = channels * taps, self.out_channels * taps
        shape = (self.out_channels, channels, *self.kernel_size, *y.sample_shape[1:])
        init = Initializer("kaiming_uniform", {"a": 5**0.5})
        found = {"weight": ParameterSpec(shape, init, fan_in=fan_in, fan_out=fan_out)}
        if self.bias:
            bound = Initializer("uniform", {"low": -(fan_in**-0.5), "high": fan_in**-0.5})
            found["bias"] = ParameterSpec(y.sample_shape, bound, fan_in=fan_in)
        return found

    def macs(self, *operands: TensorType) -> int:
        (y,) = self.infer(*operands)
        return y.size * operands[0].sample_shape[0] * product(self.kernel_size)

    def _contract(self, b: Builder, x: Value, weight: Value) -> Value:
        (y,) = self.infer(x.type)
        n, o, *places = feature_map_loops(y)
        o, c, taps = Loop("o", self.out_channels), Loop("c", x.type.sample_shape[0]), self.windows().taps
        return b.contract(
            "locally_connected2d", [n, o, *places], [c, *taps],
            x, [Index.of("n"), Index.of("c"), *self.windows().reads],
            weight, [Index.of(loop.name) for loop in (o, c, *taps, *places)],
        )  # fmt: skip

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, weight, *bias = inputs
        y = self._contract(b, x, weight)
        return b.pointwise("bias", lambda v, bias: v + bias, y, *bias, axes=(None, (1, 2, 3))) if bias else y

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight, *bias = inputs
        scratch = Builder()  # the forward contraction, recorded only to read its loops
        self._contract(scratch, x, weight)
        forward: Comprehension = scratch.nodes[0].comprehension
        found = [
            contraction_gradient(b, f"locally_connected2d_{what}_gradient", forward, gradient, (x, weight), k)
            for k, what in enumerate(("input", "weight"))
        ]
        if bias:
            found.append(b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0,)))
        return tuple(found)
