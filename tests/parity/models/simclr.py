"""SimCLR in PyTorch, with the paths of `specs/simclr/simclr.yaml`, and its loss as the paper writes it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SmallEncoder(nn.Module):
    """`specs/simclr/small_encoder.yaml`; without classes, without its classifier."""

    def __init__(self, channels: int = 1, width: int = 32, classes: int = 0) -> None:
        super().__init__()
        for number, (inputs, outputs) in enumerate(((channels, width), (width, 2 * width), (2 * width, 4 * width)), 1):
            block = nn.Module()
            block.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            block.bn = nn.BatchNorm2d(outputs)
            self.add_module(f"block{number}", block)
        self.fc = nn.Linear(4 * width, classes) if classes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        for number in (1, 2, 3):
            block = self.get_submodule(f"block{number}")
            x = block.bn(block.conv(x)).relu()
            if number == 2:
                x = nn.functional.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


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


def contrast(module: SimCLR, view1: Tensor, view2: Tensor) -> Tensor:
    """The loss at the spec's temperature."""
    return nt_xent(*module(view1, view2))


def embedding_and_projection(module: SimCLR, view1: Tensor, view2: Tensor) -> tuple[Tensor, ...]:
    """What the spec predicts of the first view."""
    return module.encoder(view1), module.project(view1)


class FineTuned(nn.Module):
    """A frozen encoder, whose normalisation keeps its statistics, and a head: `specs/finetune/finetune.yaml`."""

    def __init__(self, encoder: nn.Module, embedding: int = 128, classes: int = 5) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False)
        self.head = nn.Linear(embedding, classes)

    def train(self, mode: bool = True) -> FineTuned:
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.encoder(image))
        return logits
