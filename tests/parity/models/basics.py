"""Small networks in PyTorch, with the paths of `specs/basics` and `specs/lenet`."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, multi_margin_loss


class LinearClassifier(nn.Module):
    """Scores that are linear in a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Linear(3 * 32 * 32, 10)

    def forward(self, image: Tensor) -> Tensor:
        scores: Tensor = self.scores(image.flatten(1))
        return scores


def softmax_classifier(module: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """Cross entropy and weight decay."""
    return cross_entropy(module(image), label) + _decay(module)


def support_vector_machine(module: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """The sum of the margins' violations, where PyTorch has a mean over classes, and weight decay."""
    scores = module(image)
    return scores.shape[1] * multi_margin_loss(scores, label) + _decay(module)


def _decay(module: nn.Module) -> Tensor:
    return 1e-4 * (module.get_parameter("scores.weight") ** 2).sum()


class MaxoutMLP(nn.Module):
    """Two layers of units that are the largest of some linear maps each."""

    def __init__(self, features: int = 784, units: int = 240, pieces: int = 5, classes: int = 10) -> None:
        super().__init__()
        self.units = units
        self.dropout1 = nn.Dropout(0.2)
        self.maxout1 = nn.Linear(features, pieces * units)
        self.dropout2 = nn.Dropout(0.5)
        self.maxout2 = nn.Linear(units, pieces * units)
        self.dropout3 = nn.Dropout(0.5)
        self.logits = nn.Linear(units, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxout1(self.dropout1(x)).unflatten(1, (-1, self.units)).amax(1)
        x = self.maxout2(self.dropout2(x)).unflatten(1, (-1, self.units)).amax(1)
        logits: Tensor = self.logits(self.dropout3(x))
        return logits


class LeNet1(nn.Module):
    """Two convolutions and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d1 = nn.Conv2d(1, 4, 5)
        self.conv2d2 = nn.Conv2d(4, 12, 5)
        self.logits = nn.Linear(192, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = avg_pool2d(self.conv2d1(image).tanh(), 2)
        x = avg_pool2d(self.conv2d2(x).tanh(), 2)
        logits: Tensor = self.logits(x.flatten(1))
        return logits
