"""CLIP in PyTorch, with the paths of `specs/clip/clip.yaml`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu, normalize


class CLIP(nn.Module):
    """Two towers; gives the features of images and captions, of length 1."""

    def __init__(self, encoder: nn.Module, embedding: int = 128, words: int = 1000, features: int = 128) -> None:
        super().__init__()
        self.image_tower = nn.Module()
        self.image_tower.encoder = encoder
        self.image_tower.projection = nn.Linear(embedding, features, bias=False)
        self.text_tower = nn.Module()
        self.text_tower.words = nn.Embedding(words, features)
        self.text_tower.hidden = nn.Linear(features, 2 * features)
        self.text_tower.projection = nn.Linear(2 * features, features, bias=False)
        self.similarity = nn.Module()
        self.similarity.logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def forward(self, image: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.image_tower.projection(self.image_tower.encoder(image))
        read = self.text_tower.hidden(self.text_tower.words(tokens).mean(1))
        return normalize(seen), normalize(self.text_tower.projection(gelu(read)))

    def loss(self, images: Tensor, texts: Tensor) -> Tensor:
        """Each image is to choose its caption, and each caption its image."""
        logits = self.similarity.logit_scale.exp() * images @ texts.T
        pairs = torch.arange(len(logits))
        return (cross_entropy(logits, pairs) + cross_entropy(logits.T, pairs)) / 2


def pairs_agree(module: CLIP, image: Tensor, tokens: Tensor) -> Tensor:
    """The loss of images and their captions."""
    return module.loss(*module(image, tokens))


def both_towers(module: CLIP, image: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
    """The features of images and of captions."""
    images, texts = module(image, tokens)
    return images, texts
