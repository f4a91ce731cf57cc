"""What the pooling operators have in common: their windows and their channels."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.operator import Operator
from graphnet.ops.families.attributes import require_rank
from graphnet.ops.families.windows import Windows


class Pooling(Operator):
    """An operator that makes one element of each window of each channel."""

    def windows(self) -> Windows:
        """The geometry that the attributes describe."""
        raise NotImplementedError

    def pooled(self, operand: TensorType) -> TensorType:
        """The type (N, C, windows vertically, windows horizontally).

        Raises:
            AttributeProblem: the operand has another rank, a window does not fit, or may lie in the padding alone.
        """
        require_rank(operand, 4, "N, C, H, W")
        windows = self.windows()
        for axis in range(2):
            span, padding = windows.span(axis), windows.padding[axis][0]
            if 2 * padding > span:
                raise AttributeProblem(
                    "cannot pad by more than half a window", attribute="padding", code="value",
                    expected=f"padding of at most {span // 2}", found=f"padding {padding} for a window of {span}",
                )  # fmt: skip
        channels, *size = operand.sample_shape
        return TensorType.batched(channels, *windows.extents(size))

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return self.windows().unread(operands[0].sample_shape[1:])
