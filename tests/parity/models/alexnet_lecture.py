"""AlexNet as lectures show it, and ZFNet, in PyTorch, with the paths of `specs/alexnet`."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import local_response_norm, relu


class AlexNetLecture(nn.Module):
    """Five convolutions and three linear layers, with normalisation over channels after two of three poolings.

    Args:
        flat: the number of features before the linear layers, which depends on the size of the images.
    """

    def __init__(self, flat: int = 9216, hidden: int = 4096, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        self.fc6 = nn.Linear(flat, hidden)
        self.dropout6 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(hidden, hidden)
        self.dropout7 = nn.Dropout(0.5)
        self.fc8 = nn.Linear(hidden, classes)
        self.pool = nn.MaxPool2d(3, stride=2)
        self.last_pool = nn.MaxPool2d(3, stride=2)

    def forward(self, image: Tensor) -> Tensor:
        x = self._normalised(self.pool(relu(self.conv1(image))))
        x = self._normalised(self.pool(relu(self.conv2(x))))
        x = relu(self.conv5(relu(self.conv4(relu(self.conv3(x))))))
        x = self.last_pool(x).flatten(1)
        x = self.dropout7(relu(self.fc7(self.dropout6(relu(self.fc6(x))))))
        logits: Tensor = self.fc8(x)
        return logits

    def _normalised(self, x: Tensor) -> Tensor:
        """With the paper's constants; its alpha multiplies the sum of 5 squares, PyTorch's their mean."""
        return local_response_norm(x, size=5, alpha=5 * 1e-4, beta=0.75, k=2)


class ZFNet(AlexNetLecture):
    """Smaller filters and strides at the beginning, and more padding."""

    def __init__(self, flat: int = 9216, hidden: int = 4096, classes: int = 1000) -> None:
        super().__init__(flat, hidden, classes)
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2, padding=1)
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
