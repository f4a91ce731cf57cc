"""upsample: maps of more rows and columns."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, PositivePair, PositiveRealPair, require_rank
from graphnet.ops.families.places import Line, Resampling
from graphnet.ops.families.windows import feature_map_loops

_PRECISION = 1 << 16
"""The largest denominator of a scale factor: 1.2 is 6/5, and 1.33333 is 4/3."""


@operator("upsample", primary="scale_factor", category="movement")
class Upsample(Operator):
    """y[n, c, h, w] = x at the place of (h, w): the element there (nearest), or a mean of the four around (bilinear).

    With f = scale_factor, the place of row h is h / f, rounded down, for nearest, and (h + 1/2) / f - 1/2 for bilinear;
    with align_corners it is h (H - 1) / (H' - 1), for H rows of x and H' of y. Columns likewise. An element at a
    distance of d rows has the share 1 - d. Beyond the border, x goes on with its last row.

    Gradient: gx[n, c, a, b] = sum of gy over the elements that (a, b) is near to, each with its share.

    Example:
        `- upsample: 2`, `- upsample: {scale_factor: [2, 1.5], mode: bilinear}`, `- upsample: {size: [28, 28]}`

    Attributes:
        scale_factor: how many times higher and wider y is; height and width of y are rounded down.
        size: height and width of y, instead of `scale_factor`.
        mode: `nearest` or `bilinear`.
        align_corners: for bilinear, whether the corners of y are the corners of x.
    """

    scale_factor: PositiveRealPair | None = None
    size: PositivePair | None = None
    mode: Literal["nearest", "bilinear"] = "nearest"
    align_corners: Flag = False

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        if (self.size is None) == (self.scale_factor is None):
            raise AttributeProblem(
                "needs either a scale factor or a size", code="value", attribute="scale_factor",
                expected="`scale_factor` or `size`", found="neither" if self.size is None else "both",
            )  # fmt: skip
        if self.align_corners and self.mode == "nearest":
            raise AttributeProblem(
                "cannot align corners where it interpolates nothing", code="value", attribute="align_corners",
                expected="`mode: bilinear`, or no `align_corners`", found="mode nearest",
            )  # fmt: skip
        channels, *extents = operands[0].sample_shape
        size = self.size or tuple(math.floor(e * f) for e, f in zip(extents, self.scale_factor or (), strict=True))
        if 0 in size:
            raise AttributeProblem(
                "leaves nothing of {operand}", code="size", attribute="scale_factor",
                expected="at least one row and one column", found=f"{size[0]}x{size[1]}",
            )  # fmt: skip
        return (TensorType.batched(channels, *size),)

    def _line(self, axis: int, extent: int, count: int) -> Line:
        """The places of `count` rows or columns among those of x."""
        if self.align_corners and extent > 1:
            return Line.of(Fraction(extent - 1, count - 1) if count > 1 else Fraction(1), Fraction(0))
        slope = Fraction(extent, count)
        if self.scale_factor is not None:
            slope = 1 / Fraction(self.scale_factor[axis]).limit_denominator(_PRECISION)
        return Line.of(slope, slope / 2 - Fraction(1, 2) if self.mode == "bilinear" else Fraction(0))

    def _resampling(self, x: TensorType) -> Resampling:
        count = self.infer(x)[0].sample_shape[1:]
        axes = zip((0, 1), x.sample_shape[1:], count, strict=True)
        return Resampling(tuple(self._line(*axis) for axis in axes), count, linear=self.mode == "bilinear")

    def _corrections(self, b: Builder, resampling: Resampling, x: TensorType) -> Value | None:
        """What elements are multiplied by that reach beyond the border, so that their shares sum to 1."""
        factors = 1 / resampling.totals(x.sample_shape[1:])
        return None if (factors == 1).all() else b.constant(factors, "corrections")

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        resampling, loops = self._resampling(x.type), feature_map_loops(self.infer(x.type)[0])
        read = x, (Index.of("n"), Index.of("c"), *resampling.reads)
        (y,) = b.fold("upsample", loops, resampling.taps, [read], Result(resampling.share * Load(0), "sum"))
        corrections = self._corrections(b, resampling, x.type)
        if corrections is None:
            return y
        return b.pointwise("border", lambda y, f: y * f, y, corrections, axes=(None, (2, 3)))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        resampling = self._resampling(x)
        reads = [(gradient, (Index.of("n"), Index.of("c"), *resampling.readers))]
        share = resampling.share * Load(0)
        corrections = self._corrections(b, resampling, x)
        if corrections is not None:
            reads.append((corrections, resampling.readers))
            share = share * Load(1)
        return b.fold("upsample_gradient", feature_map_loops(x), resampling.taps, reads, Result(share, "sum"))
