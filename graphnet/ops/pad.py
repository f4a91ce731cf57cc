"""pad: more positions around a map."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import NonNegative, Real, require_floats
from graphnet.ops.families.padding import Padding

Sides = NonNegative | Annotated[tuple[NonNegative, ...], Field(min_length=2, max_length=6)]


@operator("pad", primary="padding", category="movement")
class Pad(Operator):
    """Rows and columns are added around a map: constant ones, or ones that x has.

    Row h of y is row p of x, with p = h - top where x has it; elsewhere that of -p (reflect: mirrored at the border's
    row), the nearest (replicate), or that of p + H (circular: from the other side).

    Gradient: gx[n, c, a, b] = sum of gy over the elements that (a, b) was read for.

    Example:
        `- pad: 1`, `- pad: {padding: [1, 2, 0, 0], mode: reflect}`

    Attributes:
        padding: positions added on each side; or for each side, those of the last axis first, as PyTorch has it: left,
            right, top, bottom.
        mode: `constant`, `reflect`, `replicate` or `circular`; `zeros` is a constant 0.
        value: the constant.
    """

    padding: Sides
    mode: Literal["constant", "zeros", "reflect", "replicate", "circular"] = "constant"
    value: Real = 0.0

    def _sides(self, x: TensorType) -> dict[int, tuple[int, int]]:
        """By axis, what is added before and behind it.

        Raises:
            AttributeProblem: x has not as many axes.
        """
        require_floats(x)
        if not (x.is_batched and 3 <= x.rank <= 5):
            raise AttributeProblem(
                "cannot pad {operand}", code="rank", expected="a value (N, C, L), (N, C, H, W) or (N, C, D, H, W)",
                found=str(x),
            )  # fmt: skip
        axes = range(x.rank - 1, 1, -1)
        if isinstance(self.padding, int):
            return dict.fromkeys(axes, (self.padding, self.padding))
        if len(self.padding) % 2 or len(self.padding) > 2 * len(axes):
            raise AttributeProblem(
                "cannot pad {operand} so", attribute="padding", code="value",
                expected=f"one number, or two for each of the last axes (at most {2 * len(axes)})",
                found=f"padding: {list(self.padding)} for {x}",
            )  # fmt: skip
        return dict(zip(axes, zip(self.padding[::2], self.padding[1::2], strict=True), strict=False))

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        if self.value != 0 and self.mode != "constant":
            raise AttributeProblem(
                f"has no use for a value in mode {self.mode}", attribute="value", code="value",
                expected="`mode: constant`, or no `value`", found=f"value: {self.value:g}",
            )  # fmt: skip
        return (self._added(x).padded(x),)

    def _added(self, x: TensorType) -> Padding:
        """What is added around x."""
        mode = None if self.mode == "constant" or self.mode == "zeros" else self.mode
        return Padding(self._sides(x), mode, self.value)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return self._added(inputs[0].type).pad(b, inputs[0])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        return (self._added(x).gradient(b, gradient, x),)
