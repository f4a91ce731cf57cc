"""Any of graphnet's networks, trained by PyTorch: the same layers and weights, with PyTorch's operators and autograd.

`TorchModule` is what graphnet's own training loop asks of a module. So a recipe runs twice with the same batches, in
the same order, at the same learning rates, and nothing differs but who does the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

import graphnet as gn
from graphnet.ir.graph import Node
from graphnet.ir.optimizer import Optimizer

Array = np.ndarray[Any, Any]
Operator = Callable[..., Tensor]
"""Of the attributes, then operands, then parameters."""


def _windows(op: Any) -> dict[str, Any]:
    return {"stride": op.stride, "padding": op.padding, "dilation": op.dilation, "groups": op.groups}


def _perceptron(op: Any, x: Tensor, target: Tensor) -> Tensor:
    """Rosenblatt's rule as the gradient of a loss: units that answer wrongly move by their input."""
    answer = (x > 0).to(x.dtype)
    return ((answer - target[:, None]) * x).mean()


OPERATORS: Mapping[str, Operator] = {
    "add": lambda op, *x: sum(x[1:], start=x[0]),
    "avg_pool2d": lambda op, x: functional.avg_pool2d(x, op.kernel_size, op.stride, op.padding),
    "binary_cross_entropy": lambda op, x, t: functional.binary_cross_entropy_with_logits(x, t),
    "center_crop": lambda op, x, like: _center(x, like),
    "concat": lambda op, *x: torch.cat(x, op.axis),
    "conv2d": lambda op, x, w, b=None: functional.conv2d(x, w, b, **_windows(op)),
    "conv_transpose2d": lambda op, x, w, b=None: functional.conv_transpose2d(x, w, b, op.stride, op.padding),
    "cross_entropy": lambda op, x, t: functional.cross_entropy(x, t.long(), label_smoothing=op.label_smoothing),
    "flatten": lambda op, x: x.flatten(1),
    "global_avg_pool2d": lambda op, x: x.mean((2, 3), keepdim=op.keepdim),
    "hinge": lambda op, x, t: functional.multi_margin_loss(x, t.long(), margin=op.margin) * x.shape[1],
    "l2": lambda op, *w: sum((v.square().sum() for v in w), start=torch.zeros(())),
    "linear": lambda op, x, w, b=None: functional.linear(x, w, b),
    "maxout": lambda op, x, w, b=None: functional.linear(x, w, b).unflatten(1, (op.pieces, -1)).amax(1),
    "max_pool2d": lambda op, x: functional.max_pool2d(x, op.kernel_size, op.stride, op.padding),
    "multiply": lambda op, x, y: x * y,
    "perceptron": _perceptron,
    "relu": lambda op, x: functional.relu(x),
    "sigmoid": lambda op, x: torch.sigmoid(x),
    "step": lambda op, x: (x > 0).to(x.dtype),
    "tanh": lambda op, x: torch.tanh(x),
}


def _center(x: Tensor, like: Tensor) -> Tensor:
    top, left = ((a - b) // 2 for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[:, :, top : top + like.shape[2], left : left + like.shape[3]]


class TorchModule:
    """A network of graphnet's that PyTorch trains, for SGD with momentum.

    Args:
        network: its layers' operators are in `OPERATORS`, or dropout, batch normalisation or maxout.
        values: of all parameters and buffers, by path.
        batch_size: the most samples of a batch.
    """

    def __init__(self, network: gn.Network, values: Mapping[str, Array], batch_size: int) -> None:
        self.network, self.batch_size, self.step = network, batch_size, 0
        self._paths = {p.value: p.path for p in network.graph.parameters}
        self._values = {path: torch.tensor(array) for path, array in values.items()}
        self._trained = [self._values[p.path].requires_grad_() for p in network.graph.parameters if p.trainable]
        self._is_training = False

    # -- the network -----------------------------------------------------------------------------------------------

    def run(self, batch: Mapping[str, Array], *, training: bool) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and the value of every layer by its name."""
        self._is_training = training
        graph = self.network.graph
        known = {value: self._values[path] for value, path in self._paths.items()}
        known |= {value: torch.from_numpy(batch[value.name]) for value in (*graph.inputs, *graph.targets)}
        for node in graph.nodes:
            known[node.outputs[0]] = self._apply(node, [known[value] for value in node.inputs])
        loss = sum((term.weight * known[term.value] for term in graph.losses), start=torch.zeros(()))
        return loss, {value.name: tensor for value, tensor in known.items()}

    def _apply(self, node: Node, inputs: Sequence[Tensor]) -> Tensor:
        op: Any = node.op
        if op.name == "dropout":
            return functional.dropout(inputs[0], op.p, self._is_training and not node.frozen)
        if op.name == "batch_norm":
            x, weight, bias, mean, variance, *_ = inputs
            training = self._is_training and not node.frozen
            return functional.batch_norm(x, mean, variance, weight, bias, training, op.momentum, op.eps)
        return OPERATORS[op.name](op, *inputs)

    # -- what training asks for --------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Mapping[str, Array]:
        return MappingProxyType({path: tensor.detach().numpy().copy() for path, tensor in self._values.items()})

    def load_parameters(self, arrays: Mapping[str, Array], strict: bool = True) -> None:
        with torch.no_grad():
            for path, array in arrays.items():
                self._values[path].copy_(torch.from_numpy(array))

    def set_optimizer(self, optimizer: Optimizer, gradient_clip: float | None = None) -> None:
        chosen: Any = optimizer
        if chosen.name != "sgd" or gradient_clip or chosen.groups:
            raise ValueError(f"PyTorch stands beside plain sgd here, not {chosen}")
        settings = {"momentum": chosen.momentum, "nesterov": chosen.nesterov, "weight_decay": chosen.weight_decay}
        self._optimizer = torch.optim.SGD(self._trained, lr=chosen.lr, **settings)

    def set_hyper(self, *, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = lr

    def optimizer_state(self) -> Mapping[str, Array]:
        return {}

    def load_optimizer_state(self, arrays: Mapping[str, Array]) -> None:
        raise ValueError("a run of PyTorch is not resumed")

    def prepare(self, purpose: str) -> object:
        return None

    def train_step(self, batch: Mapping[str, Array]) -> float:
        loss, _ = self.run(batch, training=True)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.step += 1
        return float(loss.item())

    @torch.no_grad()
    def evaluate_batch(self, batch: Mapping[str, Array]) -> tuple[float, Mapping[str, Array]]:
        loss, values = self.run(batch, training=False)
        return float(loss.item()), {name: tensor.numpy() for name, tensor in values.items()}

    def first_nonfinite(self, batch: Mapping[str, Array]) -> None:
        return None
