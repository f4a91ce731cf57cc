"""normalize: channels of images get the mean 0 and the standard deviation 1."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Augmentation, Chance, images_of
from graphnet.ir.data import Array, Demand
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Number, PositiveNumber, not_empty
from graphnet.ops.families.colour import Recolouring


def _one(value: Any) -> Any:
    return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else value


Numbers = Annotated[
    tuple[Number, ...],
    BeforeValidator(_one, json_schema_input_type=Number | tuple[Number, ...]),
    AfterValidator(not_empty),
]
PositiveNumbers = Annotated[
    tuple[PositiveNumber, ...],
    BeforeValidator(_one, json_schema_input_type=PositiveNumber | tuple[PositiveNumber, ...]),
    AfterValidator(not_empty),
]


@AUGMENTATIONS.register("normalize")
class Normalize(Recolouring):
    """y = (x - mean) / std, channel by channel.

    It is no matter of chance, so it is done to all data: also to that for validation and tests, and to inputs of
    `graphnet predict`. In Python, `model(x)` takes what the network takes: normalize x before.

    Example:
        `augment: [{random_crop: 4}, {normalize: {mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616]}}]`

    Attributes:
        mean: of each channel, or one number for all.
        std: standard deviation of each channel, or one number for all.
    """

    always = True

    mean: Numbers
    std: PositiveNumbers

    @property
    def for_predictions(self) -> tuple[Augmentation, ...]:
        return (self,)

    def check(self, demand: Demand) -> None:
        super().check(demand)
        for slot in images_of(demand):
            channels = slot.type.sample_shape[0]
            for name, numbers in (("mean", self.mean), ("std", self.std)):
                if len(numbers) not in (1, channels):
                    raise AttributeProblem(
                        f"normalize does not fit '{slot.name}'", found=f"{name}: {list(numbers)}",
                        expected=f"one `{name}`, or one for each channel of {slot}", attribute=name, code="augment",
                    )  # fmt: skip

    def recolour(self, pixels: Array, chance: Chance) -> Array:
        mean, std = (np.array(n, pixels.dtype).reshape(-1, 1, 1) for n in (self.mean, self.std))
        normalized: Array = (pixels - mean) / std
        return normalized
