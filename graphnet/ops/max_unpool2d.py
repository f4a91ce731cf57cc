"""max_unpool2d: maxima back to where a max_pool2d found them."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Coordinate, Expression, Load, equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import require_rank
from graphnet.ops.families.references import LayerReference
from graphnet.ops.families.windows import Windows, feature_map_loops
from graphnet.ops.max_pool2d import MaxPool2d


@operator("max_unpool2d", primary="pool", category="movement")
class MaxUnpool2d(Operator):
    """y has x[n, c, h, w] where the pool found the largest of its window [n, c, h, w], and zeros elsewhere.

    Its height and width are those of what the pool read. Where windows overlap, several of them may have found their
    largest element at the same place: y has there what x has for the last of these windows, in row-major order.
    (PyTorch leaves it open which one wins, and passes the gradient to all of them.)

    Gradient: gx[n, c, h, w] = gy where y has x[n, c, h, w], and 0 if another window won.

    Example:
        `- sequential: [{max_pool2d: 2, name: pool1}, {max_unpool2d: pool1}]`

    Source: Badrinarayanan, Kendall, Cipolla, "SegNet: a deep convolutional encoder-decoder architecture for image
    segmentation", 2017.

    Attributes:
        pool: the max_pool2d whose positions it uses; x has the shape that this one gives.
    """

    pool: LayerReference

    def windows(self) -> Windows:
        """The geometry of the pool.

        Raises:
            AttributeProblem: the layer is none.
        """
        if isinstance(self.pool.operator, MaxPool2d):
            return self.pool.operator.windows()
        raise AttributeProblem(
            f"cannot undo '{self.pool}'", code="reference", attribute="pool", expected="the name of a max_pool2d",
            found=f"{self.pool.operator.name} '{self.pool}'",
        )  # fmt: skip

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        windows = self.windows()
        pooled, tap = self.pool.outputs
        if operands[0] != pooled:
            raise AttributeProblem(
                f"cannot put {{operand}} where '{self.pool}' found its maxima", code="shape", attribute="pool",
                expected=f"the shape of '{self.pool}', {pooled}", found=str(operands[0]),
            )  # fmt: skip
        y = self.pool.operands[0]
        return (y, TensorType(y.shape, tap.dtype)) if windows.overlap else (y,)

    def _tap(self) -> Expression:
        """The number of tap (i, j), as the pool counts them."""
        return Coordinate("i") * self.windows().kernel_size[1] + Coordinate("j")

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        x, tap = inputs
        windows = self.windows()
        at = (Index.of("n"), Index.of("c"), *windows.readers)
        loops, reads = feature_map_loops(self.pool.operands[0]), [(tap, at), (x, at)]
        is_found = equal(Load(0), self._tap())
        if not windows.overlap:
            return b.fold("max_unpool2d", loops, windows.taps, reads, Result(where(is_found, Load(1), 0), "sum"))
        # The first tap that is found belongs to the last window.
        first = Result(where(is_found, 1, 0), "argmax", self._tap(), self.pool.outputs[1].dtype)
        (winner,) = b.fold("max_unpool2d_winner", loops, windows.taps, reads[:1], first)
        reads.append((winner, tuple(Index.of(loop.name) for loop in loops)))
        element = Result(where(is_found & equal(Load(2), self._tap()), Load(1), 0), "sum")
        (y,) = b.fold("max_unpool2d", loops, windows.taps, reads, element)
        return y, winner

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        windows = self.windows()
        here, there = [Index.of(name) for name in "nchw"], (Index.of("n"), Index.of("c"), *windows.reads)
        reads = [(inputs[1], here), (gradient, there)]
        is_mine = equal(Load(0), self._tap())
        if windows.overlap:
            reads.append((outputs[1], there))
            is_mine = is_mine & equal(Load(2), self._tap())
        share = Result(where(is_mine, Load(1), 0), "sum")
        (gx,) = b.fold("max_unpool2d_gradient", feature_map_loops(inputs[0].type), windows.taps, reads, share)
        return gx, None
