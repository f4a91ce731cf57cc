"""The augmentations of a spec, one after the other, between the data and a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Self

from graphnet.core.diagnostics import SpecError
from graphnet.frontend.problems import diagnose
from graphnet.frontend.training import TrainConfig
from graphnet.ir.augmentation import Augmentation, Chance, Samples, chain
from graphnet.ir.data import Array, Demand, demand_of
from graphnet.ir.graph import Graph

_TRAINING, _JUDGING = 0, 1  # tell the random numbers of the two apart


class Pipeline:
    """What samples go through on their way to a network.

    A sample is changed in a way that follows from the seed, the epoch and its place in the data: whatever batch it is
    in, and whether or not the run was interrupted before. (`mixup` alone depends on the batch.)

    Args:
        augmentations: in their order.
        demand: what the network takes.
        seed: of everything random.

    Attributes:
        demand: what the data must hold.

    Raises:
        SpecError: an augmentation makes no sense for the network.
    """

    def __init__(self, augmentations: Sequence[Augmentation], demand: Demand, seed: int = 0) -> None:
        self._seed = seed
        self._steps, problems = chain(augmentations, demand)
        if problems:
            raise SpecError([diagnose(problem, at=f"train.augment[{place}]") for place, problem in problems])
        self._inputs: Final = Demand(demand.inputs, ())
        self.demand: Final = self._steps[0][0].needs(self._steps[0][1]) if self._steps else demand

    @classmethod
    def of(cls, config: TrainConfig, graph: Graph) -> Self:
        """The augmentations of a spec for its network."""
        return cls(config.augment, demand_of(graph), config.seed)

    @property
    def changes_training(self) -> bool:
        """Whether samples to train on are changed at all."""
        return bool(self._steps)

    @property
    def changes_judging(self) -> bool:
        """Whether samples to judge a network by are changed at all."""
        return any(augmentation.always for augmentation, _ in self._steps)

    def for_training(self, arrays: Mapping[str, Array], samples: Array, epoch: int) -> Mapping[str, Array]:
        """Samples to train on.

        Args:
            arrays: as the data has them.
            samples: their places in the data.
            epoch: in which they are used.
        """
        return self._apply(self._steps, arrays, Chance.of(samples, self._seed, _TRAINING, epoch))

    def for_judging(self, arrays: Mapping[str, Array], samples: Array) -> Mapping[str, Array]:
        """Samples to judge a network by: the same each time."""
        steps = [(augmentation, demand) for augmentation, demand in self._steps if augmentation.always]
        return self._apply(steps, arrays, Chance.of(samples, self._seed, _JUDGING))

    def for_predictions(self, arrays: Mapping[str, Array], samples: Array) -> Mapping[str, Array]:
        """Inputs to predict from, as the network takes them but for what all data goes through."""
        parts = [part for augmentation, _ in self._steps for part in augmentation.for_predictions]
        steps = [(part, self._inputs) for part in parts]
        return self._apply(steps, arrays, Chance.of(samples, self._seed, _JUDGING))

    def _apply(
        self, steps: Sequence[tuple[Augmentation, Demand]], arrays: Mapping[str, Array], chance: Chance
    ) -> Mapping[str, Array]:
        for place, (augmentation, demand) in enumerate(steps):
            arrays = augmentation.apply(Samples(arrays, demand, chance.inside(place))).arrays
        return arrays
