"""mixup: samples are blended with others, and their targets likewise."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Augmentation, Samples
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import PositiveNumber


@AUGMENTATIONS.register("mixup", primary="alpha")
class Mixup(Augmentation):
    """Each sample becomes share * sample + (1 - share) * partner, its inputs and its targets.

    The partner is another sample of the batch; the share comes from a Beta distribution (alpha, alpha). Targets must
    be numbers that can be shared: values to predict, or a number for each class, which is 1 for the sample's. A loss
    that takes class numbers, as `cross_entropy` does, has no place for a blend. After `- log_softmax`,
    `{kl_divergence: {target: label, reduction: batchmean}}` has: its gradient is that of the blended cross entropies.
    `binary_cross_entropy` has, too. The metric `accuracy` says that such a target stands for classes.

    Example:
        `augment: [mixup: 0.4]`, with `loss: [binary_cross_entropy: label]` and `metrics: [accuracy]`

    Source: Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", 2018.

    Attributes:
        alpha: near 0, samples stay almost as they are; 1 makes all shares equally likely.
    """

    alpha: PositiveNumber = 0.2

    def check(self, demand: Demand) -> None:
        for slot in demand.inputs:
            if slot.type.dtype != "float":
                raise AttributeProblem(
                    f"mixup cannot blend input '{slot.name}'", expected="inputs of floats", found=str(slot),
                    code="augment",
                )  # fmt: skip
        for slot in demand.targets:
            if slot.type.dtype != "float":
                raise AttributeProblem(
                    f"mixup cannot blend the classes of target '{slot.name}'", found=str(slot), code="augment",
                    expected="a target with a number for each class",
                    hint="log_softmax and kl_divergence, or binary_cross_entropy, take shares of classes",
                )  # fmt: skip

    def apply(self, samples: Samples) -> Samples:
        generator = samples.chance.generator()
        count = len(samples.chance)
        partner = _partners(generator, count)
        share = generator.beta(self.alpha, self.alpha, count)

        def blended(array: Array) -> Array:
            own = share.reshape(-1, *[1] * (array.ndim - 1)).astype(array.dtype)
            mixed: Array = own * array + (1 - own) * array[partner]
            return mixed

        return samples.changed({slot.name: blended(samples.arrays[slot.name]) for slot in samples.demand.slots})


def _partners(generator: np.random.Generator, count: int) -> Array:
    """Another sample for each; itself only where it is alone."""
    order = generator.permutation(count)
    partner = np.empty(count, np.int64)
    partner[order] = np.roll(order, 1)
    return partner
