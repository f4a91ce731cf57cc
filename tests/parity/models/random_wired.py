"""The randomly wired network of `specs/random_wired/random_wired.yaml` in PyTorch: an adjacency matrix at work."""

from __future__ import annotations

import networkx as nx
import torch
from torch import Tensor, nn


class Separable(nn.Module):
    def __init__(self, inputs: int, channels: int, stride: int = 1, summands: int = 1) -> None:
        super().__init__()
        if summands > 1:
            self.sum = nn.Module()
            self.sum.weight = nn.Parameter(torch.zeros(summands))
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, *inputs: Tensor) -> Tensor:
        total = inputs[0]
        if len(inputs) > 1:
            total = torch.einsum("k,k...->...", self.sum.weight.sigmoid(), torch.stack(inputs))
        return self.bn(self.pointwise(self.depthwise(total.relu())))


class Stage(nn.Module):
    def __init__(self, inputs: int, channels: int, wiring: nx.Graph) -> None:
        super().__init__()
        matrix = nx.to_numpy_array(wiring, nodelist=range(len(wiring)))
        self.before = [[k for k in range(node) if matrix[k, node]] for node in range(len(wiring))]
        for node, before in enumerate(self.before):
            unit = Separable(channels, channels, 1, len(before)) if before else Separable(inputs, channels, 2)
            self.add_module(f"node{node}", unit)

    def forward(self, x: Tensor) -> Tensor:
        values: list[Tensor] = []
        for node, before in enumerate(self.before):
            values.append(self.get_submodule(f"node{node}")(*(values[k] for k in before) if before else (x,)))
        read = {k for before in self.before for k in before}
        return torch.stack([value for node, value in enumerate(values) if node not in read]).mean(0)


class RandomWired(nn.Module):
    def __init__(self, nodes: int = 10, channels: int = 16, classes: int = 10, seed: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels // 2, 3, 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels // 2)
        self.conv2 = Separable(channels // 2, channels)
        width = channels
        for stage in range(3):
            wiring = nx.connected_watts_strogatz_graph(nodes, 4, 0.75, seed=seed + stage)
            self.add_module(f"stage{stage + 1}", Stage(width, channels * 2**stage, wiring))
            width = channels * 2**stage
        self.conv6 = nn.Conv2d(width, 1280, 1, bias=False)
        self.bn6 = nn.BatchNorm2d(1280)
        self.fc = nn.Linear(1280, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(self.bn1(self.conv1(x)))
        for stage in (1, 2, 3):
            x = self.get_submodule(f"stage{stage}")(x)
        logits: Tensor = self.fc(self.bn6(self.conv6(x.relu())).relu().mean((2, 3)))
        return logits
