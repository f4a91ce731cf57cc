"""Small networks in PyTorch, with the paths of `specs/basics` and `specs/lenet`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, binary_cross_entropy, conv2d, cross_entropy, mse_loss, multi_margin_loss


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


class Perceptron(nn.Module):
    """Association units that are wired at random, and a response unit that learns."""

    def __init__(self, units: int = 512) -> None:
        super().__init__()
        self.association = nn.Linear(400, units).requires_grad_(False)
        self.response = nn.Linear(units, 1)

    def respond(self, image: Tensor) -> Tensor:
        fired = (self.association(image.flatten(1)) > 0).to(image.dtype)
        response: Tensor = self.response(fired)
        return response

    def forward(self, image: Tensor) -> Tensor:
        return (self.respond(image) > 0).to(image.dtype)


def rosenblatt(module: Perceptron, image: Tensor, label: Tensor) -> Tensor:
    """How far responses are on the wrong side."""
    response = module.respond(image)[:, 0]
    return torch.where(label > 0, -response, response).clamp(min=0).mean()


class LogisticRegression(nn.Module):
    """The probability of a class."""

    def __init__(self, features: int = 30) -> None:
        super().__init__()
        self.logit = nn.Linear(features, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.logit(x))


def maximum_likelihood(module: LogisticRegression, x: Tensor, label: Tensor) -> Tensor:
    """The negative logarithm of the likelihood, a sample, and weight decay."""
    probability = module(x)
    return binary_cross_entropy(probability, label.reshape(probability.shape)) + 1e-3 * (module.logit.weight**2).sum()


class TwoLayerNet(nn.Module):
    """A hundred sigmoid units without biases."""

    def __init__(self) -> None:
        super().__init__()
        self.w1 = nn.Linear(1000, 100, bias=False)
        self.w2 = nn.Linear(100, 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.w2(torch.sigmoid(self.w1(x)))
        return y


def sum_of_squares(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The sum of the squared errors."""
    return ((module(x) - y) ** 2).sum()


class Bump(nn.Module):
    """Three rectifiers of one variable."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(1, 3)
        self.bump = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bump(self.hidden(x).relu())
        return y


def mean_square(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The mean of the squared errors."""
    return mse_loss(module(x), y)


class ImageFilters(nn.Module):
    """Fixed filters, which are no parameters here: they cannot be loaded wrongly, and must be those of the spec."""

    FILTERS = (
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        [[1 / 9] * 3] * 3,
        [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]],
    )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        weights = (torch.tensor(rows, dtype=image.dtype).expand(3, 1, 3, 3) for rows in self.FILTERS)
        return tuple(conv2d(image, weight, padding=1, groups=3) for weight in weights)


def filtered(module: nn.Module, image: Tensor) -> tuple[Tensor, ...]:
    """The four filtered images."""
    images: tuple[Tensor, ...] = module(image)
    return images
