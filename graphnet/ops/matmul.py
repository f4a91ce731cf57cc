"""matmul: products of matrices, one for each sample."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, require_floats
from graphnet.ops.families.einsum import einsum


@operator("matmul", arity=2, category="contraction")
class Matmul(Operator):
    """y[n, i, j] = sum over k of left[n, i, k] * right[n, k, j]; equal axes may stand between n and the matrices.

    Gradient: gy right^T and left^T gy.

    Example:
        `- {matmul, from: [weights, values]}` or `- {matmul: {transpose_right: true}, from: [queries, keys]}`

    Attributes:
        transpose_left: whether the left matrices are written (k, i).
        transpose_right: whether the right matrices are written (j, k).
    """

    transpose_left: Flag = False
    transpose_right: Flag = False

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        for operand in operands:
            require_floats(operand)
        left, right = operands
        if min(left.rank, right.rank) < 3 or not (left.is_batched and right.is_batched):
            raise AttributeProblem(
                "cannot multiply vectors", expected="a matrix for each sample: two values (N, rows, columns)",
                found=f"{left} and {right}", code="rank",
            )  # fmt: skip
        rows, inner = _matrix(left, transposed=self.transpose_left)
        inner_right, columns = _matrix(right, transposed=self.transpose_right)
        if left.shape[:-2] != right.shape[:-2] or inner != inner_right:
            raise AttributeProblem(
                "cannot multiply these matrices", found=f"{left} and {right}",
                expected=f"as many rows on the right as columns on the left, {inner}, and equal axes before them",
                hint="`transpose_right: true` takes the right matrices the other way round",
            )  # fmt: skip
        return (TensorType((*left.shape[:-2], rows, columns)),)

    def macs(self, *operands: TensorType) -> int:
        (y,) = self.infer(*operands)
        return y.size * _matrix(operands[0], transposed=self.transpose_left)[1]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        left, right, y = self._axes(inputs)
        return einsum(b, "matmul", f"{left},{right}->{y}", *inputs)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        left, right, y = self._axes(inputs)
        return (
            einsum(b, "matmul_left_gradient", f"{y},{right}->{left}", gradient, inputs[1]),
            einsum(b, "matmul_right_gradient", f"{left},{y}->{right}", inputs[0], gradient),
        )

    def _axes(self, inputs: tuple[Value, ...]) -> tuple[str, str, str]:
        """A letter for each axis of left, right and y."""
        around = "n" + "abcdefgh"[: inputs[0].type.rank - 3]
        left, right = "ki" if self.transpose_left else "ik", "jk" if self.transpose_right else "kj"
        return around + left, around + right, f"{around}ij"


def _matrix(operand: TensorType, *, transposed: bool) -> tuple[int, int]:
    """Rows and columns of an operand's matrices, as they are multiplied."""
    first, second = operand.sample_shape[-2:]
    return (second, first) if transposed else (first, second)
