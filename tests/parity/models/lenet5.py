"""LeNet-5 in PyTorch, with the paths that `specs/lenet/lenet5.yaml` gives its parameters."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d


class LeNet5(nn.Module):
    """Two convolutions, three linear layers, tanh between them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d1 = nn.Conv2d(1, 6, 5)
        self.conv2d2 = nn.Conv2d(6, 16, 5)
        self.linear1 = nn.Linear(400, 120)
        self.linear2 = nn.Linear(120, 84)
        self.logits = nn.Linear(84, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = avg_pool2d(self.conv2d1(image).tanh(), 2)
        x = avg_pool2d(self.conv2d2(x).tanh(), 2)
        x = self.linear1(x.flatten(1)).tanh()
        logits: Tensor = self.logits(self.linear2(x).tanh())
        return logits
