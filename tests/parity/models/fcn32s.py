"""FCN-32s in PyTorch, with the paths of `specs/fcn/fcn32s.yaml`."""

from __future__ import annotations

from torch import Tensor, nn

STAGES = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))


class FCN32s(nn.Module):
    """Without dropout: both models are compared with `dropout: 0`."""

    def __init__(self, classes: int = 21, width: int = 64, hidden: int = 4096) -> None:
        super().__init__()
        channels = 3
        for stage, (multiple, count) in enumerate(STAGES, 1):
            for number in range(1, count + 1):
                self.add_module(f"conv{stage}_{number}", nn.Conv2d(channels, multiple * width, 3, padding=1))
                channels = multiple * width
        self.fc6 = nn.Conv2d(channels, hidden, 7, padding=3)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.score = nn.Conv2d(hidden, classes, 1)
        self.upscore = nn.ConvTranspose2d(classes, classes, 64, stride=32, padding=16, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        for stage, (_, count) in enumerate(STAGES, 1):
            for number in range(1, count + 1):
                x = self.get_submodule(f"conv{stage}_{number}")(x).relu()
            x = nn.functional.max_pool2d(x, 2)
        return self.upscore(self.score(self.fc7(self.fc6(x).relu()).relu()))
