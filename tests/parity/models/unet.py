"""U-Net in PyTorch, with the paths of `specs/unet/unet.yaml`."""

from __future__ import annotations

from torch import Tensor, cat, nn


class DoubleConv(nn.Sequential):
    def __init__(self, inputs: int, channels: int, padded: bool) -> None:
        super().__init__()
        for number, width in ((1, inputs), (2, channels)):
            conv = nn.Conv2d(width, channels, 3, padding=1 if padded else 0, bias=not padded)
            self.add_module(f"conv2d{number}", conv)
            if padded:
                self.add_module(f"batch_norm{number}", nn.BatchNorm2d(channels))
            self.add_module(f"relu{number}", nn.ReLU())


class Level(nn.Module):
    """One level of the U, with all that lie below."""

    def __init__(self, inputs: int, channels: int, depth: int, padded: bool) -> None:
        super().__init__()
        self.down = DoubleConv(inputs, channels, padded)
        self.depth = depth
        if depth:
            self.inner = Level(channels, 2 * channels, depth - 1, padded)
            self.upsample = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
            self.up = DoubleConv(2 * channels, channels, padded)

    def forward(self, x: Tensor) -> Tensor:
        skip = self.down(x)
        if not self.depth:
            return skip
        large = self.upsample(self.inner(nn.functional.max_pool2d(skip, 2)))
        top, left = ((a - b) // 2 for a, b in zip(skip.shape[2:], large.shape[2:], strict=True))
        cropped = skip[:, :, top : top + large.shape[2], left : left + large.shape[3]]
        return self.up(cat([cropped, large], 1))


class UNet(nn.Module):
    def __init__(
        self, width: int = 64, depth: int = 4, padded: bool = False, channels: int = 1, classes: int = 2
    ) -> None:
        super().__init__()
        self.level = Level(channels, width, depth, padded)
        self.logits = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(self.level(x))
