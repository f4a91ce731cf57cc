"""A module that training can train, written in NumPy: softmax regression with noisy inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from graphnet.core.source import SourceSpan
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.ir.optimizer import Optimizer, ParameterSettings

Array = np.ndarray[Any, Any]
SPAN = SourceSpan("digits.yaml", 7, 5, 7, 15)


class SoftmaxRegression:
    """logits = (image + noise) W^T + b, with noise that follows from (seed, step), as dropout does."""

    def __init__(self, network: Network, *, batch_size: int, seed: int = 0) -> None:
        self.network, self.batch_size, self.seed, self.step = network, batch_size, seed, 0
        self._p = {p.path: np.zeros(p.spec.shape) for p in network.graph.parameters}
        self._optimizer: Optimizer | None = None
        self._momentum = {path: np.zeros_like(p) for path, p in self._p.items()}
        self._updates, self._lr, self.clip = 0, 0.0, None
        self.rates: list[float] = []
        self.prepared: set[str] = set()
        self.explode_at: int | None = None
        self.on_step: Callable[[int], None] = lambda step: None
        self._sum = {path: np.zeros_like(p) for path, p in self._p.items()}

    @property
    def parameters(self) -> dict[str, Array]:
        return {path: p.copy() for path, p in self._p.items()}

    def load_parameters(self, arrays: Mapping[str, Array], strict: bool = True) -> None:
        assert set(arrays) == set(self._p)
        self._p = {path: np.array(arrays[path], dtype=np.float64) for path in self._p}

    def set_optimizer(self, optimizer: Optimizer, gradient_clip: float | None = None) -> None:
        self._optimizer, self.clip = optimizer, gradient_clip

    def set_hyper(self, *, lr: float) -> None:
        self._lr = lr

    def optimizer_state(self) -> dict[str, Array]:
        return {**{f"momentum/{n}": m.copy() for n, m in self._momentum.items()}, "updates": np.array(self._updates)}

    def load_optimizer_state(self, arrays: Mapping[str, Array]) -> None:
        self._momentum = {path: arrays[f"momentum/{path}"].copy() for path in self._p}
        self._updates = int(arrays["updates"])

    def _forward(self, batch: Mapping[str, Array], noise: float) -> tuple[Array, Array, Array, float]:
        x = batch["image"].reshape(len(batch["image"]), -1).astype(np.float64)
        x = x + noise * np.random.default_rng([self.seed, self.step]).normal(size=x.shape)
        logits = x @ self._p["fc.weight"].T + self._p["fc.bias"]
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = shifted / shifted.sum(axis=1, keepdims=True)
        return x, logits, p, float(-np.log(p[np.arange(len(x)), batch["label"]]).mean())

    def _gradients(self, batch: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        x, _, p, loss = self._forward(batch, 0.05)
        p[np.arange(len(x)), batch["label"]] -= 1
        return loss, {"fc.weight": p.T @ x / len(x), "fc.bias": p.mean(axis=0)}

    def _update(self, gradients: Mapping[str, Array]) -> None:
        assert self._optimizer is not None
        values = self._optimizer.values(self._updates, self._lr, ParameterSettings())
        for path, g in gradients.items():
            self._momentum[path] = values.get("momentum", 0.0) * self._momentum[path] + g
            self._p[path] = self._p[path] - values["lr"] * self._momentum[path]
        self.rates.append(values["lr"])
        self._updates += 1
        self.step += 1
        self.on_step(self.step)

    def prepare(self, purpose: str) -> None:
        assert purpose in {"train", "accumulate", "apply", "evaluate"}
        self.prepared.add(purpose)

    def train_step(self, batch: Mapping[str, Array]) -> float:
        if self.step == self.explode_at:
            return float("nan")
        loss, gradients = self._gradients(batch)
        self._update(gradients)
        return loss

    def evaluate_batch(self, batch: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        assert len(batch["label"]) <= self.batch_size
        _, logits, _, loss = self._forward(batch, 0.0)
        return loss, {"fc": logits}

    def first_nonfinite(self, batch: Mapping[str, Array]) -> tuple[str, SourceSpan | None] | None:
        return "fc", SPAN


class Accumulating(SoftmaxRegression):
    """The same, with gradients summed over batches."""

    def accumulate_step(self, batch: Mapping[str, Array], share: float, *, last: bool) -> float:
        loss, gradients = self._gradients(batch)
        for path, g in gradients.items():
            self._sum[path] += share * g
        if last:
            self._update(self._sum)
            self._sum = {path: np.zeros_like(g) for path, g in self._sum.items()}
        return loss


@pytest.fixture
def network() -> Network:
    """Softmax regression over 8 x 8 images, with two metrics."""
    net = Network("softmax")
    flat = net.apply("flatten", net.input("image", (1, 8, 8)))
    logits = net.apply("linear", flat, out_features=10, name="fc")
    net.output("logits", logits)
    net.loss(operator_function("cross_entropy")(logits, "label"))
    net.metric("accuracy")
    net.metric("top_k", logits, "label", k=3)
    return net


@pytest.fixture
def make_module(network: Network) -> Callable[..., SoftmaxRegression]:
    def make(*, accumulates: bool = False, batch_size: int = 64, seed: int = 0) -> SoftmaxRegression:
        return (Accumulating if accumulates else SoftmaxRegression)(network, batch_size=batch_size, seed=seed)

    return make
