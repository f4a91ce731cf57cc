"""dropout: some elements become zero in training."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Probability
from graphnet.ops.families.dropping import Dropping


@operator("dropout", primary="p", category="regularisation")
class Dropout(Dropping):
    """y = 0 where u < p, else x / (1 - p), with u uniform in [0, 1); in a prediction y = x.

    The numbers u come from a counter-based generator, keyed by seed, step and layer, so they are the same for any
    number of threads, and can be computed again instead of being kept.

    Gradient: gx = 0 where u < p, else gy / (1 - p).

    Example:
        `- dropout: 0.2`

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Attributes:
        p: probability that an element becomes zero.
    """

    p: Probability = 0.5
