"""What changes samples on their way to a network, and the random numbers that decide how."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.data import Array, Demand, Slot
from graphnet.ir.definitions import Definition

_GOLDEN: Final = 0x9E3779B97F4A7C15
_FACTORS: Final = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_WORD: Final = 2**64 - 1


@dataclass(frozen=True)
class Chance:
    """Random numbers that follow from seeds and a sample, not from its batch or from what was drawn before.

    Each drawing has a name: equal names give equal numbers, so whatever must change alike (an image and its mask)
    draws alike.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (the mixing function).

    Attributes:
        keys: one for each sample, uint64.
    """

    keys: Array

    @classmethod
    def of(cls, samples: Array, *seeds: int) -> Self:
        """The random numbers of samples.

        Args:
            samples: whole numbers that tell them apart.
            seeds: of the run, the epoch, and whatever else shall make a difference.
        """
        keys = np.asarray(samples).astype(np.uint64)
        for seed in seeds:
            keys = _mixed(keys, seed)
        return cls(keys)

    def __len__(self) -> int:
        return len(self.keys)

    def inside(self, place: int | str) -> Self:
        """Other random numbers for the same samples."""
        return type(self)(_mixed(self.keys, _number(place)))

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0, shape: tuple[int, ...] = ()) -> Array:
        """Numbers from `low` to below `high`, (samples, *shape)."""
        keys = _mixed(self.keys, _number(name)).reshape(-1, *[1] * len(shape))
        if shape:
            keys = _mixed(keys, np.arange(np.prod(shape), dtype=np.uint64).reshape(shape))
        return low + (high - low) * ((keys >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def happens(self, name: str, probability: float) -> Array:
        """Truth values, each true with this probability, (samples,)."""
        return self.uniform(name) < probability

    def whole(self, name: str, low: int, high: int, shape: tuple[int, ...] = ()) -> Array:
        """Whole numbers from `low` to `high`, both included, (samples, *shape)."""
        return np.floor(self.uniform(name, low, high + 1, shape)).astype(np.int64)

    def generator(self) -> np.random.Generator:
        """A generator for what needs the samples together; it follows from all of them, in their order."""
        keys = _mixed(self.keys, np.arange(len(self.keys), dtype=np.uint64))
        return np.random.Generator(np.random.PCG64(int(np.bitwise_xor.reduce(keys))))

    def at(self, chosen: Array) -> Self:
        """The random numbers of some of the samples."""
        return type(self)(self.keys[chosen])


def _number(place: int | str) -> int:
    return zlib.crc32(place.encode()) if isinstance(place, str) else place


def _mixed(keys: Array, other: Array | int) -> Array:
    """Keys that follow from two, with all bits of both in every bit."""
    added = np.uint64(other & _WORD) if isinstance(other, int) else other
    with np.errstate(over="ignore"):
        mixed: Array = keys ^ (added + np.uint64(1)) * np.uint64(_GOLDEN)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FACTORS[0])
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_FACTORS[1])
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


@dataclass(frozen=True)
class Samples:
    """A batch on its way to a network.

    Attributes:
        arrays: by name, with the samples along axis 0.
        demand: what the step at hand must make of them.
        chance: random numbers for each sample.
    """

    arrays: Mapping[str, Array]
    demand: Demand
    chance: Chance

    def changed(self, arrays: Mapping[str, Array]) -> Self:
        """The same with some arrays replaced."""
        return replace(self, arrays={**self.arrays, **arrays})


class Augmentation(Definition):
    """What a spec lists under `train.augment`; subclasses are registered in `AUGMENTATIONS`, one file each.

    Images are inputs of floats with the axes channels, height and width. An augmentation never changes arrays in
    place, and gives arrays of the shapes that it was given.

    Class attributes:
        always: whether samples that a network is judged by are changed too, not only those that it is trained on.
    """

    always: ClassVar[bool] = False

    def check(self, demand: Demand) -> None:
        """Refuse a network that the augmentation makes no sense for, before anything runs.

        Args:
            demand: what must come out.

        Raises:
            AttributeProblem: it does not fit.
        """

    def needs(self, demand: Demand) -> Demand:
        """What goes in, so that this comes out; by default the same."""
        return demand

    @property
    def for_predictions(self) -> tuple[Augmentation, ...]:
        """The parts that inputs of predictions go through as well."""
        return ()

    def apply(self, samples: Samples) -> Samples:
        """The changed samples.

        Raises:
            SpecError: their values do not fit.
        """
        raise NotImplementedError


def chain(
    augmentations: Sequence[Augmentation], demand: Demand
) -> tuple[list[tuple[Augmentation, Demand]], list[tuple[int, AttributeProblem]]]:
    """What each of several augmentations, one after the other, must make for a network.

    Args:
        augmentations: in their order.
        demand: what the network takes.

    Returns:
        the augmentations that make sense, each with what comes out of it, and what is wrong with the others, by place.
    """
    steps: list[tuple[Augmentation, Demand]] = []
    problems: list[tuple[int, AttributeProblem]] = []
    for place, augmentation in reversed(list(enumerate(augmentations))):
        try:
            augmentation.check(demand)
        except AttributeProblem as problem:
            problems.insert(0, (place, problem))
        else:
            steps.insert(0, (augmentation, demand))
            demand = augmentation.needs(demand)
    return steps, problems


def images_of(demand: Demand) -> tuple[Slot, ...]:
    """The inputs that are images: floats with channels, height and width."""
    return tuple(slot for slot in demand.inputs if slot.type.dtype == "float" and slot.type.rank == 4)


def require_images(definition: Any, demand: Demand) -> tuple[Slot, ...]:
    """The images among the inputs.

    Raises:
        AttributeProblem: there are none.
    """
    images = images_of(demand)
    if not images:
        raise AttributeProblem(
            f"{definition.name} needs an image", expected="an input (channels, height, width) of floats",
            found=", ".join(map(str, demand.inputs)), code="augment",
            hint="inputs: {image: [1, 28, 28]}, and `- flatten` in the layers",
        )  # fmt: skip
    return images
