"""Samples: an operator with operands and an independent reference, from which all its tests follow.

`tests/ops/test_<operator>.py` holds a list `SAMPLES`; the contract suite runs every sample of every registered
operator through every backend. A backend is any function of a sample and a `Mode` that gives a `Run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.expression import Expression
from graphnet.ir.graph import Graph, Initializer, Loss, Node, Parameter, ParameterSpec, Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.losses import ElementwiseLoss
from graphnet.testing.arrays import distinct
from graphnet.testing.lowered import LoweredOperator, operand_role, operand_type, parameter_value

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Mode:
    """How a sample runs: as a step of training, as one of a frozen layer, or as a prediction."""

    training: bool = True
    frozen: bool = False

    @property
    def is_training(self) -> bool:
        """Whether the operator behaves as in training."""
        return self.training and not self.frozen


TRAINING, FROZEN, PREDICTION = Mode(), Mode(frozen=True), Mode(training=False)


@dataclass(frozen=True, eq=False)
class Run:
    """What came out of running a sample.

    Attributes:
        output: the first output.
        gradients: by the name of each input (see `Sample.input_names`) that has one, for the upstream gradient
            `Sample.upstream`; empty for a prediction.
        updates: new values of buffers, by name.
    """

    output: Array
    gradients: Mapping[str, Array]
    updates: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Sample:
    """An operator with operands.

    Attributes:
        operator: with its attributes.
        operands: arrays of floats, or of whole numbers for labels; the first axis is the batch, except for a
            regulariser. A loss has its target last.
        reference: an independent NumPy function of the operands and, by name, of the parameters and buffers,
            that gives the first output as a step of training has it; None where the output is random.
        prediction: the same for a prediction or a frozen layer, where it differs.
        title: tells the samples of an operator apart.
    """

    operator: Operator
    operands: tuple[Array, ...]
    reference: Callable[..., Any] | None
    prediction: Callable[..., Any] | None = None
    title: str = "defaults"

    def __str__(self) -> str:
        return f"{self.operator.name}-{self.title}".replace(" ", "_")

    @property
    def types(self) -> tuple[TensorType, ...]:
        """The operands' types."""
        return tuple(operand_type(a, batched=self.operator.kind != "regulariser") for a in self.operands)

    @property
    def batch_size(self) -> int:
        return 1 if self.operator.kind == "regulariser" else len(self.operands[0])

    @property
    def parameters(self) -> dict[str, Array]:
        """Arrays for the parameters and buffers."""
        specs = self.operator.parameters(*self.types)
        return {name: _start(spec, seed) for seed, (name, spec) in enumerate(specs.items(), 100)}

    @property
    def input_names(self) -> tuple[str, ...]:
        """`x0`, `x1`, ... for the operands, then the parameters' own names."""
        return (*(f"x{k}" for k in range(len(self.operands))), *self.parameters)

    @property
    def inputs(self) -> dict[str, Array]:
        """Operands, parameters and buffers by name."""
        return dict(zip(self.input_names, (*self.operands, *self.parameters.values()), strict=True))

    @property
    def upstream(self) -> Array:
        """The gradient with respect to the first output."""
        (first, *_) = self.operator.infer(*self.types)
        return distinct(tuple(self.batch_size if e == "N" else e for e in first.shape), seed=99)

    def expected(self, mode: Mode = TRAINING) -> Array | None:
        """What the reference says."""
        known = self.reference if mode.is_training or self.prediction is None else self.prediction
        return None if known is None else np.asarray(known(*self.operands, **self.parameters))


def run(sample: Sample, mode: Mode = TRAINING, *, dtype: type[np.floating[Any]] = np.float64) -> Run:
    """Run a sample with the direct NumPy evaluation."""
    lowered = LoweredOperator(sample.operator, sample.types, training=mode.training, frozen=mode.frozen)
    arrays = tuple(sample.inputs.values())
    if not mode.training:
        output, updates = lowered.forward(arrays, sample.batch_size, dtype=dtype)
        return Run(output, {}, updates)
    output, gradients, updates = lowered.backward(arrays, sample.upstream, sample.batch_size, dtype=dtype)
    named = {n: g for n, g in zip(sample.input_names, gradients, strict=True) if g is not None}
    return Run(output, named, updates)


def gradient_errors(
    sample: Sample, mode: Mode = TRAINING, *, directions: int = 3, step: float = 1e-5
) -> dict[str, float]:
    """Compare gradients in float64 with central differences, along random dense directions.

    Returns:
        for each float input (buffers aside) the largest |analytic - numeric| over the directions, divided by the
        length of the gradient. It is near 1e-9 for a smooth function, and of the order of 1 where a gradient is wrong.
    """
    lowered = LoweredOperator(sample.operator, sample.types, training=mode.training, frozen=mode.frozen)
    arrays = tuple(sample.inputs.values())
    upstream, batch = sample.upstream, sample.batch_size
    _, gradients, _ = lowered.backward(arrays, upstream, batch)
    generator = np.random.default_rng(0)
    errors: dict[str, float] = {}

    def loss(k: int, moved: Array) -> float:
        output, _ = lowered.forward((*arrays[:k], moved, *arrays[k + 1 :]), batch)
        return float((output * upstream).sum())

    for k, (name, array) in enumerate(sample.inputs.items()):
        if array.dtype.kind != "f" or lowered.inputs[k].role == "buffer":
            continue
        found = gradients[k]
        analytic = np.zeros(array.shape) if found is None else found
        scale = float(np.linalg.norm(analytic)) or 1.0
        errors[name] = 0.0
        for _ in range(directions):
            direction = generator.standard_normal(array.shape)
            numeric = (loss(k, array + step * direction) - loss(k, array - step * direction)) / (2 * step)
            errors[name] = max(errors[name], abs(float((analytic * direction).sum()) - numeric) / scale)
    return errors


class InnerProduct(ElementwiseLoss):
    """sum of x * t: the loss whose gradient with respect to x is t, whatever x is."""

    name = "inner_product"
    kind = "loss"
    averaged = False

    def element(self, x: Expression, t: Expression) -> Expression:
        return x * t

    def slopes(self, x: Expression, t: Expression) -> tuple[Expression, Expression]:
        return t, x


def as_graph(sample: Sample, mode: Mode = TRAINING) -> tuple[Graph, dict[str, Array]]:
    """A network of the one operator, for backends that take graphs.

    The loss of a layer is the inner product of its output and the target `upstream`. A frozen layer's parameters
    are not trained.

    Returns:
        the graph, and arrays for its inputs, targets and parameters by name or path (`layer.weight`).
    """
    op, types = sample.operator, sample.types
    operands = [Value(f"x{k}", t, operand_role(op, k, len(types))) for k, t in enumerate(types)]
    declared = [_declared(f"layer.{name}", spec, mode) for name, spec in op.parameters(*types).items()]
    regularised = [
        Parameter(v.name, v, ParameterSpec(v.type.sample_shape, Initializer("zeros")), True)
        for v in operands
        if v.role == "parameter"
    ]
    node = Node.make(
        "layer", op, [*operands, *(p.value for p in declared)], op.infer(*types), operands=len(operands),
        frozen=mode.frozen,
    )  # fmt: skip
    feeds = dict(zip((v.name for v in node.inputs), sample.inputs.values(), strict=True))
    nodes, targets, loss = [node], [v for v in operands if v.role == "target"], node.outputs[0]
    if op.kind == "layer":
        targets.append(Value("upstream", loss.type, role="target"))
        feeds["upstream"] = sample.upstream
        nodes.append(Node.make("product", InnerProduct(), [loss, targets[-1]], [TensorType(())], operands=2))
        loss = nodes[-1].outputs[0]
    graph = Graph(
        str(sample), tuple(v for v in operands if v.role == "input"), tuple(nodes), {"y": node.outputs[0]},
        tuple(targets), (*declared, *regularised), (Loss("product", loss),),
    )  # fmt: skip
    return graph, feeds


def _declared(path: str, spec: ParameterSpec, mode: Mode) -> Parameter:
    return Parameter(path, parameter_value(path, spec), spec, spec.trainable and not mode.frozen)


def _start(spec: ParameterSpec, seed: int) -> Array:
    """An array for a parameter or buffer, unlike its usual start; positive where that is one."""
    if spec.counter:
        return np.zeros(spec.shape, np.int64)
    if spec.init.name == "ones":
        return distinct(spec.shape, low=0.5, high=1.5, seed=seed)
    return distinct(spec.shape, low=-1.0, high=1.0, seed=seed)
