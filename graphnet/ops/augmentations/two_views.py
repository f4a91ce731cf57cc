"""two_views: two images are made of one, each changed in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.augmentation import Augmentation, Samples, images_of
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.ir.settings import Choice, listed, not_empty

_GREY_RECIPE: Final[Mapping[str, Mapping[str, float]]] = {
    "random_resized_crop": {},
    "random_horizontal_flip": {},
    "color_jitter": {"brightness": 0.4, "contrast": 0.4, "p": 0.8},
}
_RECIPE: Final[Mapping[str, Mapping[str, float]]] = {
    **_GREY_RECIPE,
    "color_jitter": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "p": 0.8},
    "random_grayscale": {"p": 0.2},
}

# Modules are found in alphabetical order: all that a view may go through is registered by now.
Change = Annotated[Augmentation, Choice(AUGMENTATIONS, excluded=("mixup", "two_views"))]
Changes = Annotated[
    tuple[Change, ...],
    BeforeValidator(listed, json_schema_input_type=Change | tuple[Change, ...]),
    AfterValidator(not_empty),
]


@AUGMENTATIONS.register("two_views", primary="augment")
class TwoViews(Augmentation):
    """The two images that a network takes are made of one image of the data, as SimCLR wants them.

    Each view goes through the list of augmentations on its own, in training and where the network is judged. By
    default these are SimCLR's for small images: a random part, a flip, colours that change 4 times of 5, and none
    1 time of 5. Grey images keep their hue and saturation, of course.

    Example:
        `augment: [two_views]`, or
        `augment: [{two_views: [random_crop: 4, random_horizontal_flip]}, {normalize: {mean: 0.5, std: 0.25}}]`

    Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual representations",
    2020, appendix B.9.

    Attributes:
        augment: what each view goes through.
        image: what the data calls its image, where it has names.
    """

    always = True

    augment: Changes | None = None
    image: str = "image"

    def check(self, demand: Demand) -> None:
        self._views(demand)
        for change in self._changes(demand):
            change.check(demand)

    def needs(self, demand: Demand) -> Demand:
        first, second = self._views(demand)
        inputs = (Slot(self.image, first.type), *(slot for slot in demand.inputs if slot not in (first, second)))
        return Demand(inputs, demand.targets)

    @property
    def for_predictions(self) -> tuple[Augmentation, ...]:
        return tuple(part for change in self.augment or () for part in change.for_predictions)

    def apply(self, samples: Samples) -> Samples:
        views = self._views(samples.demand)
        arrays = dict(samples.arrays)
        image = arrays.pop(self.image)
        for slot in views:
            view = Samples({slot.name: image}, Demand((slot,), ()), samples.chance.inside(slot.name))
            for place, change in enumerate(self._changes(samples.demand)):
                view = change.apply(replace(view, chance=samples.chance.inside(slot.name).inside(place)))
            arrays |= view.arrays
        return replace(samples, arrays=arrays)

    def _views(self, demand: Demand) -> tuple[Slot, Slot]:
        """The two images that are made.

        Raises:
            AttributeProblem: the network does not take two images of one shape, or has targets for each pixel, or
                something else is called like the image of the data.
        """
        images = images_of(demand)
        if len(images) != 2 or images[0].type != images[1].type:
            raise AttributeProblem(
                "two_views makes two images of one", expected="a network with two inputs of one shape "
                "(channels, height, width)", found=", ".join(map(str, demand.inputs)), code="augment",
                hint="inputs: {view1: [3, 32, 32], view2: [3, 32, 32]}",
            )  # fmt: skip
        masks = [slot for slot in demand.targets if slot.type.rank >= 3]
        if masks:
            raise AttributeProblem(
                f"two_views cannot make one target '{masks[0].name}' of two images",
                expected="no target for each pixel", found=str(masks[0]), code="augment",
            )  # fmt: skip
        if any(slot.name == self.image and slot not in images for slot in demand.slots):
            raise AttributeProblem(
                f"two_views would confuse the image of the data with '{self.image}' of the network",
                expected="a name that nothing else has", found=f"image: {self.image}", attribute="image",
                code="augment",
            )  # fmt: skip
        return images[0], images[1]

    def _changes(self, demand: Demand) -> tuple[Augmentation, ...]:
        if self.augment is not None:
            return self.augment
        return tuple(
            AUGMENTATIONS[name](**settings)
            for name, settings in (_RECIPE if images_of(demand)[0].type.sample_shape[0] == 3 else _GREY_RECIPE).items()
        )
