"""SimCLR in PyTorch, with the paths of `specs/simclr/simclr.yaml`, and its loss as the paper writes it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SmallEncoder(nn.Module):
    """`specs/simclr/small_encoder.yaml` without its classifier."""

    def __init__(self, channels: int = 1, width: int = 32) -> None:
        super().__init__()
        for number, (inputs, outputs) in enumerate(((channels, width), (width, 2 * width), (2 * width, 4 * width)), 1):
            block = nn.Module()
            block.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            block.bn = nn.BatchNorm2d(outputs)
            self.add_module(f"block{number}", block)

    def forward(self, x: Tensor) -> Tensor:
        for number in (1, 2, 3):
            block = self.get_submodule(f"block{number}")
            x = block.bn(block.conv(x)).relu()
            if number == 2:
                x = nn.functional.max_pool2d(x, 2)
        return x.mean((2, 3))


class SimCLR(nn.Module):
    """An encoder and a projection head; gives the projections of both views."""

    def __init__(self, encoder: nn.Module, embedding: int = 128, features: int = 128) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Module()
        self.head.linear1 = nn.Linear(embedding, embedding)
        self.head.linear2 = nn.Linear(embedding, features)

    def project(self, view: Tensor) -> Tensor:
        projection: Tensor = self.head.linear2(self.head.linear1(self.encoder(view)).relu())
        return projection

    def forward(self, view1: Tensor, view2: Tensor) -> tuple[Tensor, Tensor]:
        return self.project(view1), self.project(view2)


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """The mean over all 2N views of -log(exp(s(view, its partner) / t) / sum of exp(s(view, other) / t))."""
    count = len(first)
    views = nn.functional.normalize(torch.cat([first, second]), dim=1)
    similarity = (views @ views.T / temperature).fill_diagonal_(-torch.inf)
    partners = torch.arange(2 * count).roll(count)
    return nn.functional.cross_entropy(similarity, partners)
