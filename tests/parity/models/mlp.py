"""A multilayer perceptron in PyTorch, with the paths that `specs/basics/mlp.yaml` gives its parameters."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """Rectifiers between linear layers."""

    def __init__(self, features: int = 784, hidden: tuple[int, ...] = (256, 128), classes: int = 10) -> None:
        super().__init__()
        self.depth = len(hidden)
        for k, (inner, outer) in enumerate(pairwise((features, *hidden)), 1):
            self.add_module(f"linear{k}", nn.Linear(inner, outer))
        self.logits = nn.Linear(hidden[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        for k in range(1, self.depth + 1):
            x = self.get_submodule(f"linear{k}")(x).relu()
        logits: Tensor = self.logits(x)
        return logits
