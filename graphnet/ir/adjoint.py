"""The gradients of a contraction are contractions: the same loops, with other roles."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop
from graphnet.ir.graph import Value


def contraction_gradient(
    b: Builder, label: str, forward: Comprehension, gradient: Value, operands: tuple[Value, Value], wrt: int
) -> Value:
    """The gradient of `out[...] = sum of x[i] * w[j]` with respect to one of its operands.

    Each axis of that operand becomes an output loop. Where the axis was read at a window
    `p * stride + t * dilation - padding`, the position p is no loop any more: the output gradient is read
    at `(a + padding - t * dilation) / stride`, and the other way round for a transposed convolution.

    Args:
        b: adds the node.
        label: names it.
        forward: the contraction; its reads are operands 0 and 1.
        gradient: of the loss with respect to the contraction's output.
        operands: the contraction's two operands.
        wrt: 0 or 1.
    """
    other = 1 - wrt
    solved: dict[str, Index] = {}  # a loop that is gone -> where it lies in the new loops
    out = []
    wanted: TensorType = operands[wrt].type
    for axis, (index, extent) in enumerate(zip(forward.reads[wrt].index, wanted.shape, strict=True)):
        if index.loop:
            out.append(Loop(index.loop, extent))
            continue
        (position, factor), (tap, step) = index.terms
        name = f"{position}_{axis}"
        out.append(Loop(name, extent))
        if index.divisor == 1 and factor >= 1:
            solved[position] = Index(((name, 1), (tap, -step)), -index.offset, factor)
        else:
            solved[position] = Index(((name, index.divisor), (tap, -step)), -index.offset)
    kept = {loop.name for loop in out}
    reduce = [loop for loop in (*forward.out, *forward.reduce) if loop.name not in kept and loop.name not in solved]

    def moved(index: Index) -> Index:
        return solved.get(index.loop or "", index)

    gradient_index = [moved(Index.of(loop.name)) for loop in forward.out]
    other_index = [moved(index) for index in forward.reads[other].index]
    return b.contract(label, out, reduce, gradient, gradient_index, operands[other], other_index)
