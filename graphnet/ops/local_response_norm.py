"""local_response_norm: elements that are large damp their neighbours in nearby channels."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Loop, Result, window, windows_over
from graphnet.ir.expression import Expression, Load, power
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import NonNegativeReal, Positive, require_floats


@operator("local_response_norm", primary="size", category="normalisation")
class LocalResponseNorm(Operator):
    """y[n, c, ...] = x[n, c, ...] / s[n, c, ...] ** beta, with s = k + alpha / size * sum over j of x[n, c + j, ...]^2.

    The sum runs over `size` neighbouring channels, from j = -(size // 2) on; those that do not exist are zero.

    Gradient: gx = gy / s ** beta - 2 * alpha * beta / size * x * t, where t is the sum of gy * y / s over the channels
    that have c among their neighbours. s is kept.

    Example:
        `- local_response_norm: 5` or, as in the paper, `- local_response_norm: {size: 5, alpha: 5e-4, k: 2}`

    Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
    There alpha multiplies the sum; here, as in PyTorch, the mean.

    Attributes:
        size: number of channels in the sum.
        alpha: factor of the mean square.
        beta: exponent.
        k: added to it.
    """

    size: Positive
    alpha: NonNegativeReal = 1e-4
    beta: NonNegativeReal = 0.75
    k: NonNegativeReal = 1.0

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        if not (x.is_batched and 3 <= x.rank <= 5):
            raise AttributeProblem(
                "cannot consume {operand}", code="rank", found=str(x),
                expected="a value with channels and positions: (N, C, L), (N, C, H, W) or (N, C, D, H, W)",
            )  # fmt: skip
        require_floats(x)
        return x, x

    def _sum_over_channels(self, b: Builder, label: str, x: Value, channel: Index, term: Expression) -> Value:
        """The sum of an expression of x at another channel for each j."""
        loops = axis_loops(x.type.shape)
        at = [channel if axis == 1 else Index.of(loop.name) for axis, loop in enumerate(loops)]
        return b.fold(label, loops, [Loop("j", self.size)], [(x, at)], Result(term, "sum"))[0]

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        (x,) = inputs
        neighbours = window("c", "j", padding=self.size // 2)
        squares = self._sum_over_channels(b, "sum_of_squares", x, neighbours, Load(0) * Load(0))
        s = b.pointwise("damping", lambda total: self.k + total * (self.alpha / self.size), squares)
        return b.pointwise("local_response_norm", lambda v, s: v * power(s, -self.beta), x, s), s

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,), (y, s) = inputs, outputs
        share = b.pointwise("share", lambda gy, y, s: gy * y / s, gradient, y, s)
        readers = windows_over("c", "j", padding=self.size // 2)
        shares = self._sum_over_channels(b, "sum_of_shares", share, readers, Load(0))
        factor = 2 * self.alpha * self.beta / self.size
        gx = b.pointwise(
            "local_response_norm_gradient", lambda gy, x, s, t: gy * power(s, -self.beta) - x * t * factor,
            gradient, x, s, shares,
        )  # fmt: skip
        return (gx,)
