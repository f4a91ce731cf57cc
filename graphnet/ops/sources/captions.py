"""captions: made-up images of one figure, each with a sentence that describes it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from graphnet.ir.data import Array, DataSource, Demand, Slot, misfit
from graphnet.ir.definitions import SOURCES
from graphnet.ir.settings import Count, NonNegativeCount, NonNegativeNumber
from graphnet.ops.families.figures import KINDS, Figures, in_channels, paint
from graphnet.ops.families.fitting import affordable_samples, fit_labels

_COLOURS: Final = {
    "red": (0.9, 0.15, 0.1), "green": (0.1, 0.75, 0.2), "blue": (0.15, 0.25, 0.95), "yellow": (0.95, 0.85, 0.1),
    "purple": (0.6, 0.2, 0.7), "white": (0.95, 0.95, 0.95),
}  # fmt: skip
_SIZES: Final = {"small": 0.12, "large": 0.24}
_ROWS: Final = {"top": 0.25, "middle": 0.5, "bottom": 0.75}
_COLUMNS: Final = {"left": 0.25, "centre": 0.5, "right": 0.75}
_FACTS: Final = (tuple(_COLOURS), KINDS, tuple(_SIZES), tuple(_ROWS), tuple(_COLUMNS))
"""What a caption says, in this order."""
WORDS: Final = ("", "<end>", *(word for words in _FACTS for word in words))
"""The word of each token; token 0 fills captions up."""


@SOURCES.register("captions", primary="samples")
class Captions(DataSource):
    """Images of one figure and captions as tokens, to learn which belong together, as CLIP does.

    A caption says, in five words, the colour, the figure, its size and its place, `red circle large top left`, and
    ends with the token 1; zeros fill it up to the length that the network takes, and a network that takes fewer
    tokens sees the first ones. There are 324 captions and 19 tokens; samples differ in their captions as long as
    possible. If the network has a target, it is whether the caption is that of the image (1) or another (0), half of
    the time each. Values of images are from 0 to 1.

    Example:
        `train: {data: captions}` or `train: {data: {captions: {samples: 324, noise: 0.1}}}`

    Attributes:
        samples: how many; by default 1024, or fewer, down to 64, where they would take more than 256 MiB.
        noise: standard deviation of what is added to each pixel.
        seed: of everything random.
    """

    samples: Count | None = None
    noise: NonNegativeNumber = 0.05
    seed: NonNegativeCount = 0

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        image, tokens, target = _slots(demand)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        count = self.samples or affordable_samples(demand)
        every = np.array(list(product(*(range(len(words)) for words in _FACTS))))
        facts = every[np.concatenate([rng.permutation(len(every)) for _ in range(-(-count // len(every)))])[:count]]
        arrays = {image.name: self._images(rng, facts, image)}
        if target is not None:
            matches = rng.permutation(np.arange(count) % 2)
            others = every[(_places(facts) + rng.integers(1, len(every), count)) % len(every)]
            facts = np.where(matches[:, None] == 1, facts, others)
            arrays[target.name] = fit_labels(matches, target, "captions")
        return arrays | {tokens.name: _tokens(facts, tokens.type.sample_shape[0])}

    def _images(self, rng: np.random.Generator, facts: Array, slot: Slot) -> Array:
        colour, kind, size, row, column = facts.T
        channels, height, width = slot.type.sample_shape

        def around(table: dict[str, float], choice: Array, spread: float) -> Array:
            centres = np.array(list(table.values()))[choice]
            return np.asarray(centres + rng.uniform(-spread, spread, len(facts)))

        figures = Figures.one(
            kind, x=around(_COLUMNS, column, 0.04), y=around(_ROWS, row, 0.04), radius=around(_SIZES, size, 0.03),
            angle=rng.uniform(0, 2 * np.pi, len(facts)),
        )  # fmt: skip
        colours = np.array(list(_COLOURS.values()))[colour] + rng.normal(0, 0.03, (len(facts), 3))
        ground = rng.uniform(0, 0.15, (len(facts), 3))
        images = paint(
            figures.draw(height, width), in_channels(colours[:, None], channels), in_channels(ground, channels)
        )
        images += rng.standard_normal(images.shape, dtype=np.float32) * np.float32(self.noise)
        return np.clip(images, 0, 1, out=images)


def _slots(demand: Demand) -> tuple[Slot, Slot, Slot | None]:
    """The image, the tokens and, if there is one, the target.

    Raises:
        SpecError: the network takes something else.
    """
    images = [slot for slot in demand.inputs if slot.type.dtype == "float" and slot.type.rank == 4]
    texts = [slot for slot in demand.inputs if slot.type.dtype != "float" and slot.type.rank == 2]
    if len(demand.inputs) != 2 or len(images) != 1 or len(texts) != 1 or len(demand.targets) > 1:
        raise misfit(
            "captions cannot feed this network", found=str(demand),
            expected="an image (channels, height, width), a text of whole numbers (length), and at most one target",
        )  # fmt: skip
    vocabulary = texts[0].classes
    if vocabulary is not None and vocabulary < len(WORDS):
        raise misfit(
            f"the vocabulary of input '{texts[0].name}' is too small for captions",
            expected=f"at least {len(WORDS)} tokens", found=f"{vocabulary} tokens",
            hint=f"embedding: {{num_embeddings: {len(WORDS)}, ...}}",
        )  # fmt: skip
    return images[0], texts[0], demand.targets[0] if demand.targets else None


def _places(facts: Array) -> Array:
    """The number of each combination of facts, in the order of their product."""
    return np.asarray(np.ravel_multi_index(tuple(facts.T), tuple(len(words) for words in _FACTS)))


def _tokens(facts: Array, length: int) -> Array:
    """Captions of a given length, (samples, length), int32."""
    first = WORDS.index("<end>") + 1 + np.cumsum([0, *(len(words) for words in _FACTS[:-1])])
    captions = np.zeros((len(facts), max(length, len(_FACTS) + 1)), np.int32)
    captions[:, : len(_FACTS)] = facts + first
    captions[:, len(_FACTS)] = WORDS.index("<end>")
    return captions[:, :length]
