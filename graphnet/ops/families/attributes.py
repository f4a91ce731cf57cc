"""Attribute types that several operators share, with the limits that make bad values a clear error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType

MAX_EXTENT = 2**31 - 1
"""The longest axis, and the most units of a layer: beyond it nothing could be allocated anyway."""


def _for_axes(count: int) -> Callable[[Any], Any]:
    """A validator that takes one number for as many."""

    def repeat(value: Any) -> Any:
        return (value,) * count if isinstance(value, int | float) and not isinstance(value, bool) else value

    return repeat


Flag = Annotated[bool, Field(strict=True)]
Positive = Annotated[int, Field(strict=True, ge=1, le=MAX_EXTENT)]
NonNegative = Annotated[int, Field(strict=True, ge=0, le=MAX_EXTENT)]
Whole = Annotated[int, Field(strict=True, ge=-MAX_EXTENT, le=MAX_EXTENT)]
Extents = Annotated[
    tuple[Positive, ...],
    Field(min_length=1),
    BeforeValidator(_for_axes(1), json_schema_input_type=Positive | tuple[Positive, ...]),
]
"""The lengths of one or more axes."""
Axes = Annotated[
    tuple[Whole, ...],
    Field(min_length=1),
    BeforeValidator(_for_axes(1), json_schema_input_type=Whole | tuple[Whole, ...]),
]
"""One or more axes; negative ones count from the end."""
PositiveSingle = Annotated[tuple[Positive], BeforeValidator(_for_axes(1), json_schema_input_type=Positive)]
"""A whole number for the one axis of a sequence."""
NonNegativeSingle = Annotated[tuple[NonNegative], BeforeValidator(_for_axes(1), json_schema_input_type=NonNegative)]
PositivePair = Annotated[
    tuple[Positive, Positive],
    BeforeValidator(_for_axes(2), json_schema_input_type=Positive | tuple[Positive, Positive]),
]
"""A whole number for both height and width, or one for each."""
PositiveOrNonePair = Annotated[
    tuple[Positive | None, Positive | None],
    BeforeValidator(_for_axes(2), json_schema_input_type=Positive | tuple[Positive | None, Positive | None]),
]
"""A whole number for both height and width, or for each one or null."""
NonNegativePair = Annotated[
    tuple[NonNegative, NonNegative],
    BeforeValidator(_for_axes(2), json_schema_input_type=NonNegative | tuple[NonNegative, NonNegative]),
]
PositiveTriple = Annotated[
    tuple[Positive, Positive, Positive],
    BeforeValidator(_for_axes(3), json_schema_input_type=Positive | tuple[Positive, Positive, Positive]),
]
"""A whole number for depth, height and width alike, or one for each."""
NonNegativeTriple = Annotated[
    tuple[NonNegative, NonNegative, NonNegative],
    BeforeValidator(_for_axes(3), json_schema_input_type=NonNegative | tuple[NonNegative, NonNegative, NonNegative]),
]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""Any finite number."""
NonNegativeReal = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False)]
PositiveReal = Annotated[float, Field(strict=True, gt=0.0, allow_inf_nan=False)]
PositiveRealPair = Annotated[
    tuple[PositiveReal, PositiveReal],
    BeforeValidator(_for_axes(2), json_schema_input_type=PositiveReal | tuple[PositiveReal, PositiveReal]),
]
"""A number for both height and width, or one for each."""
Probability = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]


def require_floats(operand: TensorType) -> None:
    """Refuse whole numbers (labels, tokens).

    Raises:
        AttributeProblem: the operand's element type is not `float`.
    """
    if operand.dtype != "float":
        raise AttributeProblem(
            f"cannot compute with whole numbers ({operand.dtype})", expected="a value of floats", found=str(operand),
            code="dtype",
        )  # fmt: skip


def require_rank(operand: TensorType, rank: int, axes: str, hint: str | None = None) -> None:
    """Refuse an operand of another rank, or of whole numbers.

    Args:
        operand: the operand's type.
        rank: counted with the batch axis.
        axes: the expected axes in words, `N, C, H, W`.
        hint: what to do; a hint to flatten is made where that is what's missing.

    Raises:
        AttributeProblem: the rank or the element type differs.
    """
    if operand.rank == rank and operand.is_batched:
        require_floats(operand)
        return
    if hint is None and rank == 2 and operand.rank > 2:
        hint = "put `- flatten` before it"
    raise AttributeProblem(
        "cannot consume {operand}", expected=f"a value of rank {rank} ({axes})", found=str(operand), hint=hint,
        code="rank",
    )  # fmt: skip


def require_axis(operand: TensorType, axis: int, attribute: str = "axis") -> int:
    """The axis, counted from the front; negative ones count from the end.

    Raises:
        AttributeProblem: the operand has no such axis, or it is the batch axis.
    """
    found = axis + operand.rank if axis < 0 else axis
    if 0 < found < operand.rank or (found == 0 and operand.rank and not operand.is_batched):
        return found
    what = "cannot run along the batch axis" if found == 0 else f"cannot find axis {axis} of {{operand}}"
    raise AttributeProblem(
        what, expected=f"an axis from 1 to {operand.rank - 1}" if operand.rank > 1 else "a value with more axes",
        found=f"{attribute}: {axis} for {operand}", attribute=attribute, code="axis",
    )  # fmt: skip


def require_axes(operand: TensorType, axes: Sequence[int], attribute: str = "axis") -> tuple[int, ...]:
    """Several axes, counted from the front, in their order in the operand.

    Raises:
        AttributeProblem: the operand lacks one of them, one is the batch axis, or one is named twice.
    """
    found = sorted(require_axis(operand, axis, attribute) for axis in axes)
    if len(set(found)) < len(found):
        raise AttributeProblem(
            "cannot take an axis twice", expected="different axes", found=f"{attribute}: {list(axes)} for {operand}",
            attribute=attribute, code="axis",
        )  # fmt: skip
    return tuple(found)
