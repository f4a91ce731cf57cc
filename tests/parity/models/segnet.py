"""SegNet in PyTorch, with the paths of `specs/segnet/segnet.yaml`."""

from __future__ import annotations

from torch import Tensor, nn

ENCODER = {1: (1, 1), 2: (2, 2), 3: (4, 4, 4), 4: (8, 8, 8), 5: (8, 8, 8)}
"""The widths of each stage's convolutions, in parts of the first."""
DECODER = {5: (8, 8, 8), 4: (8, 8, 4), 3: (4, 4, 2), 2: (2, 1), 1: (1,)}


class ConvBn(nn.Module):
    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, channels, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


class SegNet(nn.Module):
    def __init__(self, classes: int = 21, width: int = 64) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Module(), nn.Module()
        channels = 3
        for stage, widths in ENCODER.items():
            for number, multiple in enumerate(widths, 1):
                self.encoder.add_module(f"conv{stage}_{number}", ConvBn(channels, multiple * width))
                channels = multiple * width
        for stage, widths in DECODER.items():
            for number, multiple in zip(range(len(ENCODER[stage]), 0, -1), widths, strict=False):
                self.decoder.add_module(f"conv{stage}_{number}", ConvBn(channels, multiple * width))
                channels = multiple * width
        self.decoder.conv1_1 = nn.Conv2d(channels, classes, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        positions = {}
        for stage, widths in ENCODER.items():
            for number in range(1, len(widths) + 1):
                x = self.encoder.get_submodule(f"conv{stage}_{number}")(x)
            x, positions[stage] = nn.functional.max_pool2d(x, 2, return_indices=True)
        for stage in DECODER:
            x = nn.functional.max_unpool2d(x, positions[stage], 2)
            for number in range(len(ENCODER[stage]), 0, -1):
                x = self.decoder.get_submodule(f"conv{stage}_{number}")(x)
        return x
