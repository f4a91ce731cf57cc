"""dropout2d: some channels become zero in training."""

from __future__ import annotations

from graphnet.core.types import TensorType
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Probability, require_rank
from graphnet.ops.families.dropping import Dropping


@operator("dropout2d", primary="p", category="regularisation")
class Dropout2d(Dropping):
    """y = 0 where u < p, else x / (1 - p), with one u in [0, 1) for each channel of each sample (N, C, H, W).

    Neighbours in a map are alike, so that dropping single elements would hide little. In a prediction y = x.

    Gradient: gx = 0 where u < p, else gy / (1 - p).

    Example:
        `- dropout2d: 0.2`

    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015.

    Attributes:
        p: probability that a channel becomes zero.
    """

    p: Probability = 0.5
    axes = 2

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 4, "N, C, H, W")
        return super().infer(*operands)
