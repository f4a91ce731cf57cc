"""global_max_pool2d: the largest element of each channel of feature maps."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Coordinate, Expression, Load, equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, require_rank
from graphnet.ops.families.pooling import tap_type
from graphnet.ops.families.windows import feature_map_loops


@operator("global_max_pool2d", category="pooling")
class GlobalMaxPool2d(Operator):
    """y[n, c] = max over h, w of x[n, c, h, w].

    Gradient: gx[n, c, h, w] = gy[n, c] where (h, w) is the largest, the first of equals, else 0. Its position is kept.

    Example:
        `- global_max_pool2d`, or `- global_max_pool2d: {keepdim: true}` to get (N, C, 1, 1)

    Attributes:
        keepdim: whether height and width stay, as axes of length 1.
    """

    keepdim: Flag = False

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        channels, height, width = operands[0].sample_shape
        y = TensorType.batched(channels, 1, 1) if self.keepdim else TensorType.batched(channels)
        return y, TensorType.batched(channels, dtype=tap_type(height * width))

    @staticmethod
    def _position(x: TensorType) -> Expression:
        return Coordinate("h") * x.sample_shape[2] + Coordinate("w")

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        (x,) = inputs
        y, position = self.infer(x.type)
        n, c, h, w = feature_map_loops(x.type)
        here = [Index.of(loop.name) for loop in (n, c, h, w)]
        winner = Result(Load(0), "argmax", self._position(x.type), position.dtype)
        largest, at = b.fold("global_max_pool2d", [n, c], [h, w], [(x, here)], Result(Load(0), "max"), winner)
        return (b.reshape(largest, y.shape, "keepdim") if self.keepdim else largest), at

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        gx = b.pointwise(
            "global_max_pool2d_gradient", lambda gy, at: where(equal(at, self._position(x.type)), gy, 0),
            gradient, outputs[1], shape=x.type.shape,
        )  # fmt: skip
        return (gx,)
