"""Samples by name, checked once against what a network takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import numpy as np

from graphnet.core.diagnostics import nearest
from graphnet.ir.data import Array, Demand, Slot, misfit

_DTYPES: Final[Mapping[str, Any]] = {"int32": np.int32, "uint8": np.uint8, "int64": np.int64}
_SPLIT, _ORDER = 1, 2  # tell the random numbers of the two purposes apart


class Dataset:
    """Arrays by the names of a network's inputs and targets, with the samples along axis 0.

    Subsets share the arrays. All that is random follows from a seed alone, whatever was drawn before.

    Args:
        arrays: by name, of equal length.
        rows: the samples that belong to the set; all by default.
    """

    def __init__(self, arrays: Mapping[str, Array], rows: Array | None = None) -> None:
        self.arrays = dict(arrays)
        self.rows = np.arange(len(next(iter(self.arrays.values())))) if rows is None else rows

    @classmethod
    def bind(cls, arrays: Mapping[str, Any], demand: Demand, source: str = "the data") -> Self:
        """Check arrays against what a network takes, and convert their types.

        Axes of length 1 may be missing or added: labels (N, 1) for (N,), images (N, 28, 28) for (N, 1, 28, 28).

        Args:
            arrays: by name, anything that NumPy takes for arrays.
            demand: what the network takes.
            source: in words, for messages.

        Raises:
            SpecError: names, lengths, shapes or types do not fit, there are no samples, a float is not finite, or a
                class does not exist.
        """
        names = {slot.name for slot in demand.slots}
        for name in (*sorted(names - set(arrays)), *sorted(set(arrays) - names)):
            wanted = name in names
            close = nearest(name, set(arrays) - names if wanted else names - set(arrays))
            raise misfit(
                f"{source} lacks '{name}'" if wanted else f"the network takes no '{name}'",
                expected=str(demand), found=", ".join(arrays) or "nothing",
                hint=f"is it called '{close}'?" if close else None,
            )  # fmt: skip
        fitted = {slot.name: _fit(np.asarray(arrays[slot.name]), slot, source) for slot in demand.slots}
        lengths = {name: len(array) for name, array in fitted.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise misfit(
                f"{source} holds no samples" if 0 in lengths.values() else f"the arrays of {source} differ in length",
                expected="the same number of samples, at least one, in each",
                found=", ".join(f"{name}: {length}" for name, length in lengths.items()),
            )  # fmt: skip
        return cls(fitted)

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, places: Array) -> dict[str, Array]:
        """The samples at some places of the set, by name."""
        rows = self.rows[places]
        return {name: array[rows] for name, array in self.arrays.items()}

    def batches(self, size: int) -> Iterator[dict[str, Array]]:
        """All samples in their order, `size` at a time; the last batch may be smaller."""
        for start in range(0, len(self), size):
            yield self.batch(np.arange(start, min(start + size, len(self))))

    def split(self, share: float, seed: int) -> tuple[Self, Self | None]:
        """Shuffle the samples and hold some out.

        Args:
            share: the part to hold out; at least one sample stays.
            seed: of the shuffling.

        Returns:
            the samples that stay, and those held out, or None if the share is less than one sample.
        """
        held = min(round(len(self) * share), len(self) - 1)
        if held == 0:
            return self, None
        shuffled = self.rows[_generator(seed, _SPLIT, 0).permutation(len(self))]
        kind = type(self)
        return kind(self.arrays, np.sort(shuffled[held:])), kind(self.arrays, np.sort(shuffled[:held]))

    def order(self, epoch: int, seed: int) -> Array:
        """The places of all samples in the order of an epoch."""
        return _generator(seed, _ORDER, epoch).permutation(len(self))

    def __repr__(self) -> str:
        return f"<Dataset of {len(self)} samples: {', '.join(self.arrays)}>"


def _generator(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seeds))


def _fit(array: Array, slot: Slot, source: str) -> Array:
    shape = (len(array) if array.ndim else 1, *slot.type.sample_shape)
    same = array.ndim and [e for e in array.shape[1:] if e != 1] == [e for e in shape[1:] if e != 1]
    if not same:
        raise misfit(f"{source} does not fit '{slot.name}'", expected=str(slot.type), found=f"an array {array.shape}")
    array = array.reshape(shape)
    if slot.type.dtype == "float":
        return _floats(array, slot, source)
    whole = array if array.dtype.kind in "iub" else _whole(array, slot, source)
    return _classes(whole, slot, source).astype(_DTYPES[slot.type.dtype], copy=False)


def _floats(array: Array, slot: Slot, source: str) -> Array:
    if array.dtype.kind not in "iubf":
        raise misfit(f"{source} holds no numbers for '{slot.name}'", expected=str(slot.type), found=str(array.dtype))
    if array.dtype != np.float64:  # kept for modules of that precision
        array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        sample = int(np.argwhere(~np.isfinite(array))[0][0])
        raise misfit(
            f"{source} holds a number that is not finite for '{slot.name}'", expected="finite numbers",
            found=f"one in sample {sample}",
        )  # fmt: skip
    return array


def _whole(array: Array, slot: Slot, source: str) -> Array:
    """Floats that are whole numbers, as such."""
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.trunc(array)).all():
        return array.astype(np.int64)
    raise misfit(
        f"{source} holds no whole numbers for '{slot.name}'", expected=str(slot.type), found=f"{array.dtype} numbers"
    )


def _classes(array: Array, slot: Slot, source: str) -> Array:
    if slot.classes is None:
        return array
    wrong = (array < 0) | (array >= slot.classes)
    if slot.ignored is not None:
        wrong &= array != slot.ignored
    if wrong.any():
        raise misfit(
            f"{source} holds a class for '{slot.name}' that the network does not have",
            expected=f"whole numbers from 0 to {slot.classes - 1}",
            found=f"{array[wrong][0]} in sample {int(np.argwhere(wrong)[0][0])}",
        )
    return array
