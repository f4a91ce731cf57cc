"""Which operands an operator of several values takes: equal shapes, scalars, and one number a channel."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, Extent, TensorType
from graphnet.ir.builder import broadcast_shape
from graphnet.ir.graph import Value
from graphnet.ops.families.attributes import require_floats


def common_shape(operands: Sequence[TensorType]) -> tuple[Extent, ...]:
    """The shape of the largest operand, to which all others broadcast.

    An operand broadcasts if it is a scalar (for the batch or for each sample), or has one number a channel:
    (N, C, 1, 1), or a parameter (C,), against (N, C, H, W). Any other broadcast is more likely a mistake.

    Raises:
        AttributeProblem: an operand does not broadcast, or holds whole numbers.
    """
    for operand in operands:
        require_floats(operand)
    shape = broadcast_shape([Value("", operand) for operand in operands])
    if all(_broadcasts(operand, shape) for operand in operands):
        return shape
    pooled = any(t.rank == 2 and t.is_batched and len(shape) == 4 and t.shape == shape[:2] for t in operands)
    raise AttributeProblem(
        "cannot broadcast its operands",
        expected="equal shapes, or one side a scalar or per channel: (N, C, 1, 1) against (N, C, H, W)",
        found=" and ".join(map(str, operands)),
        hint="keep the pooled axes: `global_avg_pool2d: {keepdim: true}`" if pooled else None,
    )


def _broadcasts(operand: TensorType, shape: tuple[Extent, ...]) -> bool:
    if operand.shape == shape or operand.rank == 0:
        return True
    if operand.shape == shape[:1] == (BATCH,):  # a number for each sample
        return True
    if operand.rank == 1 and not operand.is_batched:
        return len(shape) > 1 and operand.shape[0] == shape[1]
    if operand.rank != len(shape) or operand.is_batched != (shape[0] == BATCH):
        return False
    return operand.size == 1 or (operand.shape[1] == shape[1] and all(extent == 1 for extent in operand.shape[2:]))
