"""Attribute types that several operators share, with the limits that make bad values a clear error."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from graphnet.core.types import TensorType
from graphnet.core.diagnostics import AttributeProblem

MAX_EXTENT = 2**31 - 1
"""The longest axis, and the most units of a layer: beyond it nothing could be allocated anyway."""


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


Positive = Annotated[int, Field(strict=True, ge=1, le=MAX_EXTENT)]
NonNegative = Annotated[int, Field(strict=True, ge=0, le=MAX_EXTENT)]
PositivePair = Annotated[tuple[Positive, Positive], BeforeValidator(_pair)]
"""A whole number for both height and width, or one for each."""
NonNegativePair = Annotated[tuple[NonNegative, NonNegative], BeforeValidator(_pair)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


def require_rank(operand: TensorType, rank: int, axes: str, hint: str | None = None) -> None:
    """Refuse an operand of another rank.

    Args:
        operand: the operand's type.
        rank: counted with the batch axis.
        axes: the expected axes in words, `N, C, H, W`.
        hint: what to do; a hint to flatten is made where that is what's missing.

    Raises:
        AttributeProblem: the rank differs.
    """
    if operand.rank == rank and operand.is_batched:
        return
    if hint is None and rank == 2 and operand.rank > 2:
        hint = "put `- flatten` before it"
    raise AttributeProblem(
        "cannot consume {operand}", expected=f"a value of rank {rank} ({axes})", found=str(operand), hint=hint, code="rank"
    )


def window_extent(extent: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int, axis: str) -> int:
    """How many windows fit along an axis: (extent + padding - dilation * (kernel - 1) - 1) // stride + 1.

    Raises:
        AttributeProblem: not even one does.
    """
    span = dilation * (kernel - 1) + 1
    if extent + sum(padding) < span:
        raise AttributeProblem(
            f"its window of {span} does not fit the {axis} of {{operand}}",
            expected=f"{axis} + padding of at least {span}",
            found=f"{axis} {extent}" + (f" + padding {sum(padding)}" if sum(padding) else ""),
            hint="a smaller kernel_size, more padding, or fewer strides before it",
            attribute="kernel_size",
            code="window",
        )
    return (extent + sum(padding) - span) // stride + 1
