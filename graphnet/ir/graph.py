"""The graph: immutable nodes and values in topological order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import networkx as nx
import numpy as np

from graphnet.core.source import SourceSpan
from graphnet.core.types import TensorType
from graphnet.ir.comprehension import Comprehension

Role = Literal["input", "target", "parameter", "buffer", "constant", "hyper", "gradient", "node"]
"""What a value is: fed by the caller (`input`, `target`), kept between steps (`parameter`, `buffer`), known at
compile time (`constant`), set before each step (`hyper`: learning rate and the like), the gradient of a parameter
that an update reads (`gradient`), or computed by a node (`node`)."""


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor of the graph. `producer` is None for what no node computes."""

    name: str
    type: TensorType
    role: Role = "node"
    producer: Node | None = None
    data: np.ndarray[Any, Any] | None = None  # of a constant
    frozen: bool = False  # a parameter that training leaves alone

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"

    __repr__ = __str__


@dataclass(frozen=True)
class Scope:
    """One enclosing block instance or named `sequential` of a node.

    Attributes:
        name: the instance's name: `layer1`, `0`.
        kind: the block's name, or `sequential`.
        visible: whether it is part of parameter paths (unnamed groups are not).
    """

    name: str
    kind: str = "sequential"


@dataclass(frozen=True, eq=False)
class Node:
    """An operator applied to values.

    Attributes:
        name: its full path, `layer1.0.conv1`; unique in the graph.
        op: an `Operator`, or a `Comprehension` once lowered.
        inputs: operands, then the operator's parameters and buffers in the order of `op.parameters`.
        outputs: the first is the value a user sees; others are what the gradient keeps (positions, statistics).
        operands: how many of the inputs are operands.
        layer: the name of the user's layer that the node came from (its own name in a network's graph).
        frozen: the layer is frozen: its statistics are not updated either.
    """

    name: str
    op: Any
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...] = ()
    operands: int = 0
    span: SourceSpan | None = None
    scope: tuple[Scope, ...] = ()
    layer: str = ""
    frozen: bool = False
    backward: bool = False

    @classmethod
    def make(
        cls,
        name: str,
        op: Any,
        inputs: Iterable[Value],
        types: Iterable[TensorType],
        *,
        operands: int | None = None,
        span: SourceSpan | None = None,
        scope: tuple[Scope, ...] = (),
        layer: str = "",
        frozen: bool = False,
        backward: bool = False,
    ) -> Node:
        """A node together with its output values, named after it (`name`, `name:1`, ...)."""
        inputs = tuple(inputs)
        count = len(inputs) if operands is None else operands
        node = cls(name, op, inputs, (), count, span, scope, layer or name, frozen, backward)
        outputs = tuple(Value(name if k == 0 else f"{name}:{k}", t, producer=node) for k, t in enumerate(types))
        object.__setattr__(node, "outputs", outputs)  # a node and its outputs name each other
        return node

    @property
    def parameters(self) -> tuple[Value, ...]:
        return self.inputs[self.operands :]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What the operator calls its parameters; a name may have dots: `out_proj.weight`."""
        return tuple(self.op.parameters(*(value.type for value in self.inputs[: self.operands])))

    @property
    def comprehension(self) -> Comprehension:
        """The op of a lowered node."""
        assert isinstance(self.op, Comprehension), f"{self.name} is not lowered"
        return self.op

    def __str__(self) -> str:
        outs = ", ".join(map(str, self.outputs))
        return f"{outs} = {self.op}({', '.join(v.name for v in self.inputs)})"

    __repr__ = __str__


@dataclass(frozen=True)
class Initializer:
    """How a parameter starts: the name of an initialiser and its settings.

    `fan_in` and `fan_out` are those of the operator, for the initialisers that scale by them.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ParameterSpec:
    """What an operator declares of a parameter or buffer.

    Attributes:
        shape: its shape, in PyTorch's layout.
        init: how it starts.
        trainable: False for a buffer (running statistics).
        counter: a whole number counted up by one each training step, which no kernel reads.
        fan_in, fan_out: for initialisers that scale.
        decay: whether weight decay applies when an optimizer's group does not say.
    """

    shape: tuple[int, ...]
    init: Initializer
    trainable: bool = True
    counter: bool = False
    fan_in: int = 1
    fan_out: int = 1
    decay: bool = True


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter or buffer of a graph: its path, its value, and what was declared."""

    path: str
    value: Value
    spec: ParameterSpec
    trainable: bool
    span: SourceSpan | None = None

    @property
    def size(self) -> int:
        return self.value.type.size


@dataclass(frozen=True, eq=False)
class Loss:
    """One term of the loss: `weight * value`."""

    name: str
    value: Value
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Metric:
    """A metric to report: `definition` is an instance of a registered metric class.

    Attributes:
        values: what it is computed from: predictions, then the target.
    """

    name: str
    definition: Any
    values: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in topological order, with what goes in and what comes out.

    Attributes:
        inputs: what a prediction needs.
        targets: what the losses need besides.
        parameters: trained parameters and buffers, in the order of their layers.
        outputs: by the user's names.
        updates: (buffer, new value) pairs that a training step writes back.
        gradients: of the loss, by parameter path (empty before differentiation).
    """

    name: str
    inputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, Value]
    targets: tuple[Value, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    losses: tuple[Loss, ...] = ()
    metrics: tuple[Metric, ...] = ()
    updates: tuple[tuple[Value, Value], ...] = ()
    gradients: Mapping[str, Value] = field(default_factory=dict)
    input_gradients: Mapping[str, Value] = field(default_factory=dict)

    @property
    def results(self) -> tuple[Value, ...]:
        """Every value that must be computed: outputs, losses, what metrics read, updates, gradients."""
        values = [*self.outputs.values(), *(t.value for t in self.losses)]
        values += [v for m in self.metrics for v in m.values]
        values += [new for _, new in self.updates]
        values += [*self.gradients.values(), *self.input_gradients.values()]
        return tuple(dict.fromkeys(values))

    def parameter(self, path: str) -> Parameter:
        return next(p for p in self.parameters if p.path == path)

    def consumers(self) -> dict[Value, list[Node]]:
        """The nodes that read each value, in order."""
        readers: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                readers.setdefault(value, []).append(node)
        return readers

    def to_networkx(self) -> nx.DiGraph[Any]:
        """The nodes as a networkx graph, by name: attributes `op`, `node`; edges carry the `value` that flows."""
        graph: nx.DiGraph[Any] = nx.DiGraph(name=self.name)
        for value in (*self.inputs, *self.targets):
            graph.add_node(value.name, op="input", value=value)
        for node in self.nodes:
            graph.add_node(node.name, op=getattr(node.op, "name", None) or node.op.label, node=node)
            for value in node.inputs:
                if value.producer is not None:
                    graph.add_edge(value.producer.name, node.name, value=value)
                elif value in self.inputs or value in self.targets:
                    graph.add_edge(value.name, node.name, value=value)
        return graph

    def __str__(self) -> str:
        lines = [f"graph {self.name}({', '.join(map(str, (*self.inputs, *self.targets)))})"]
        lines += [
            f"  parameter {p.path}: {p.value.type}{'' if p.trainable else ' (not trained)'}" for p in self.parameters
        ]
        lines += [f"  {node}" for node in self.nodes]
        lines += [f"  return {name} = {value.name}" for name, value in self.outputs.items()]
        lines += [f"  loss {t.weight} * {t.value.name}" for t in self.losses]
        return "\n".join(lines)
