"""The convolutional network of `specs/digits.yaml` in PyTorch, with the same paths."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import max_pool2d, relu


class ConvBN(nn.Module):
    """A 3x3 convolution, batch normalisation and a rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.bn(self.conv(x)))


class Digits(nn.Module):
    """Three convolutions and a linear layer."""

    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.block1 = ConvBN(1, width)
        self.block2 = ConvBN(width, 2 * width)
        self.block3 = ConvBN(2 * width, 2 * width)
        self.dropout = nn.Dropout(0.3)
        self.logits = nn.Linear(8 * width, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = max_pool2d(self.block2(self.block1(image)), 2)
        x = max_pool2d(self.block3(x), 2).flatten(1)
        logits: Tensor = self.logits(self.dropout(x))
        return logits
