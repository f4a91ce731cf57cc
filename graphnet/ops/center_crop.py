"""center_crop: the middle of a map."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import PositivePair, require_rank
from graphnet.ops.families.references import Reference
from graphnet.ops.families.regions import Region


@operator("center_crop", primary="size", category="movement")
class CenterCrop(Operator):
    """y[n, c, h, w] = x[n, c, h + top, w + left], with top = (height of x - height of y) / 2 and left likewise.

    Where a half remains, it is rounded to the even number, as torchvision does: of 5 rows, the middle 2 are those from
    2 on, and of 7, the middle 2 are those from 2 on.

    Gradient: gy in the middle, and zeros around it.

    Example:
        `- center_crop: 8`, `- center_crop: [6, 8]`, or to the height and width of another value, as in U-Net:
        `- {center_crop: {like: upsample}, from: down}`

    Source: Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015.

    Attributes:
        size: height and width to crop to.
        like: a value that has the height and width to crop to, instead of `size`.
    """

    size: PositivePair | None = None
    like: Reference | None = None

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        for operand in operands:
            require_rank(operand, 4, "N, C, H, W")
        if (self.size is None) == (self.like is None):
            raise AttributeProblem(
                "needs either a size or a value to crop like", code="value", attribute="size",
                expected="`size` or `like`", found="neither" if self.size is None else "both",
            )  # fmt: skip
        channels, *extents = operands[0].sample_shape
        size = self.size or operands[1].sample_shape[1:]
        if any(extent < wanted for extent, wanted in zip(extents, size, strict=True)):
            raise AttributeProblem(
                "cannot crop to more than there is", code="size", attribute="like" if self.like else "size",
                expected=f"at most {extents[0]}x{extents[1]}", found=f"{size[0]}x{size[1]}",
                hint="`from` names what is cropped, and `like` the smaller value" if self.like else None,
            )  # fmt: skip
        return (TensorType.batched(channels, *size),)

    def _region(self, x: TensorType, y: TensorType) -> Region:
        return Region({axis: round((x.sample_shape[axis - 1] - y.sample_shape[axis - 1]) / 2) for axis in (2, 3)})

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (y,) = self.infer(*(value.type for value in inputs))
        return self._region(inputs[0].type, y).cut(b, "center_crop", inputs[0], y)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        gx = self._region(x, gradient.type).put(b, "center_crop_gradient", gradient, x)
        return gx, *(None for _ in inputs[1:])
