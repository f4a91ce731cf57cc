"""One operator on its own, lowered and differentiated without any pass, to be run by the direct evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphnet.core.types import DType, TensorType
from graphnet.frontend.python.term import has_target
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Node, ParameterSpec, Role, Value
from graphnet.ir.operator import Operator
from graphnet.testing.evaluate import evaluate

Array = np.ndarray[Any, Any]


class LoweredOperator:
    """The comprehensions of one operator, forward and backward.

    Args:
        operator: what to lower.
        types: of its operands.
        training: whether a step of training runs it, or a prediction.
        frozen: whether its layer is frozen.

    Attributes:
        inputs: operands, then parameters and buffers.
        outputs: those that `infer` declares.
        gradient: the value that stands for the gradient with respect to the first output.
        gradients: one for each input; None where the operator gives none.
        updates: (buffer, new value) pairs.
        forward_nodes, backward_nodes: in topological order.
    """

    def __init__(
        self, operator: Operator, types: Sequence[TensorType], *, training: bool = True, frozen: bool = False
    ) -> None:
        operands = [Value(f"x{k}", t, operand_role(operator, k, len(types))) for k, t in enumerate(types)]
        declared = operator.parameters(*types)
        self.inputs = (*operands, *(parameter_value(name, spec) for name, spec in declared.items()))
        node = Node.make(
            operator.name, operator, self.inputs, operator.infer(*types), operands=len(types), frozen=frozen
        )
        b = Builder(training=training)
        with b.origin(node):
            made = operator.lower(b, *self.inputs)
        self.outputs = made if isinstance(made, tuple) else (made,)
        self.forward_nodes, self.updates = tuple(b.nodes), tuple(b.updates)
        for declared_value, value in zip(node.outputs, self.outputs, strict=True):
            assert declared_value.type == value.type, f"{operator.name}: inferred {declared_value}, lowered to {value}"
        self.gradient = Value("gradient", self.outputs[0].type, role="input")
        with b.origin(node, backward=True):
            self.gradients = operator.gradient(b, self.gradient, self.inputs, self.outputs)
        self.backward_nodes = tuple(b.nodes[len(self.forward_nodes) :])
        for value, gradient in zip(self.inputs, self.gradients, strict=True):
            assert gradient is None or gradient.type == value.type, f"{operator.name}: {gradient} for {value}"

    def forward(
        self, arrays: Sequence[Array], batch_size: int, *, dtype: type[np.floating[Any]] = np.float64
    ) -> tuple[Array, dict[str, Array]]:
        """The first output, and the new values of buffers by name, for arrays of all inputs."""
        bindings = dict(zip(self.inputs, arrays, strict=True))
        known = evaluate(self.forward_nodes, bindings, batch_size, dtype=dtype)
        return known[self.outputs[0]], {buffer.name: known[new] for buffer, new in self.updates}

    def backward(
        self, arrays: Sequence[Array], upstream: Array, batch_size: int, *, dtype: type[np.floating[Any]] = np.float64
    ) -> tuple[Array, tuple[Array | None, ...], dict[str, Array]]:
        """The first output, the gradients of the inputs (None where there is none), and the new values of buffers."""
        bindings = {**dict(zip(self.inputs, arrays, strict=True)), self.gradient: upstream}
        known = evaluate((*self.forward_nodes, *self.backward_nodes), bindings, batch_size, dtype=dtype)
        found = tuple(None if g is None else known[g] for g in self.gradients)
        return known[self.outputs[0]], found, {buffer.name: known[new] for buffer, new in self.updates}


def operand_role(operator: Operator, position: int, count: int) -> Role:
    """What an operand is: a loss that has a target has it last, a regulariser reads parameters."""
    if operator.kind == "regulariser":
        return "parameter"
    is_target = operator.kind == "loss" and has_target(type(operator)) and position == count - 1
    return "target" if is_target else "input"


def operand_type(array: Array, *, batched: bool) -> TensorType:
    """The type that an array has as an operand."""
    dtype: DType = "float" if array.dtype.kind == "f" else "uint8" if array.dtype == np.uint8 else "int32"
    return TensorType.batched(*array.shape[1:], dtype=dtype) if batched else TensorType(array.shape, dtype)


def parameter_value(name: str, spec: ParameterSpec) -> Value:
    """The value of a parameter or buffer."""
    return Value(name, TensorType(spec.shape, "int64" if spec.counter else "float"), spec_role(spec))


def spec_role(spec: ParameterSpec) -> Role:
    return "parameter" if spec.trainable else "buffer"
