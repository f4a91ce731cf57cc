"""unpool: a bed of nails."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import PositivePair, require_rank
from graphnet.ops.families.regions import Region


@operator("unpool", primary="scale_factor", category="movement")
class Unpool(Operator):
    """y[n, c, h * scale_factor, w * scale_factor] = x[n, c, h, w], and zeros between: each element is a nail in a bed.

    Gradient: gx[n, c, h, w] = gy[n, c, h * scale_factor, w * scale_factor].

    Example:
        `- unpool: 2`

    Source: Dosovitskiy, Springenberg, Brox, "Learning to generate chairs with convolutional neural networks", 2015.

    Attributes:
        scale_factor: how many times higher and wider y is.
    """

    scale_factor: PositivePair

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        channels, height, width = operands[0].sample_shape
        return (TensorType.batched(channels, height * self.scale_factor[0], width * self.scale_factor[1]),)

    def _nails(self) -> Region:
        return Region({}, {2: self.scale_factor[0], 3: self.scale_factor[1]})

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return self._nails().put(b, "unpool", inputs[0], self.infer(inputs[0].type)[0])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (self._nails().cut(b, "unpool_gradient", gradient, inputs[0].type),)
