"""Samples by name, checked once against what a network takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np

from graphnet.core.diagnostics import SpecError, nearest
from graphnet.ir.data import Array, Demand, LateArray, Purpose, Slot, misfit

_DTYPES: Final[Mapping[str, Any]] = {"int32": np.int32, "uint8": np.uint8, "int64": np.int64}
_ORDER: Final = 2
_SPLITS: Final[Mapping[Purpose, int]] = {"validation": 1, "test": 3}
"""Tell the random numbers of the purposes apart."""


class Dataset:
    """Arrays by the names of a network's inputs and targets, with the samples along axis 0.

    Subsets share the arrays. All that is random follows from a seed alone, whatever was drawn before.

    Args:
        arrays: by name, of equal length.
        rows: the samples that belong to the set; all by default.
    """

    def __init__(self, arrays: Mapping[str, Array | LateArray], rows: Array | None = None) -> None:
        self.arrays = dict(arrays)
        self.rows = np.arange(len(next(iter(self.arrays.values())))) if rows is None else rows

    @property
    def is_read_late(self) -> bool:
        """Whether batches take time to read."""
        return any(isinstance(array, LateArray) for array in self.arrays.values())

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
        fitted = {slot.name: _fitted(arrays[slot.name], slot, source) for slot in demand.slots}
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

    def split(self, share: float, seed: int, purpose: Purpose = "validation") -> tuple[Self, Self | None]:
        """Shuffle the samples and hold some out.

        Args:
            share: the part to hold out; at least one sample stays.
            seed: of the shuffling.
            purpose: what for; different samples are held out for different purposes.

        Returns:
            the samples that stay, and those held out, or None if the share is less than one sample.
        """
        held = min(round(len(self) * share), len(self) - 1)
        if held == 0:
            return self, None
        shuffled = self.rows[_generator(seed, _SPLITS[purpose], 0).permutation(len(self))]
        kind = type(self)
        return kind(self.arrays, np.sort(shuffled[held:])), kind(self.arrays, np.sort(shuffled[:held]))

    def order(self, epoch: int, seed: int) -> Array:
        """The places of all samples in the order of an epoch."""
        return _generator(seed, _ORDER, epoch).permutation(len(self))

    def __repr__(self) -> str:
        return f"<Dataset of {len(self)} samples: {', '.join(self.arrays)}>"


def _generator(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seeds))


class _Mapped(LateArray):
    """An array that lies in a file: what is read is checked and converted then."""

    def __init__(self, array: Array, slot: Slot, source: str) -> None:
        super().__init__((len(array), *slot.type.sample_shape), array.dtype)
        self._array, self._slot, self._source = array, slot, source

    def __getitem__(self, rows: Array) -> Array:
        return _fit(np.asarray(self._array[rows]), self._slot, self._source, rows)


def _fitted(array: Any, slot: Slot, source: str) -> Array | LateArray:
    """An array as a network takes it; one that is read late is looked at then."""
    if isinstance(array, LateArray):
        if array.shape[1:] != slot.type.sample_shape:
            raise _misshaped(array.shape, slot, source)
        return array
    if isinstance(array, np.memmap):
        _fit(np.asarray(array[:1]), slot, source)
        return _Mapped(array, slot, source)
    return _fit(np.asarray(array), slot, source)


def _fit(array: Array, slot: Slot, source: str, rows: Array | None = None) -> Array:
    """An array, checked and converted; `rows` are the samples' places in the source, if it does not hold all."""
    shape = (len(array) if array.ndim else 1, *slot.type.sample_shape)
    same = array.ndim and [e for e in array.shape[1:] if e != 1] == [e for e in shape[1:] if e != 1]
    if not same:
        raise _misshaped(array.shape, slot, source)
    array = array.reshape(shape)
    if slot.type.dtype == "float":
        return _floats(array, slot, source, rows)
    whole = array if array.dtype.kind in "iub" else _whole(array, slot, source)
    return _classes(whole, slot, source, rows).astype(_DTYPES[slot.type.dtype], copy=False)


def _misshaped(shape: tuple[int, ...], slot: Slot, source: str) -> SpecError:
    return misfit(f"{source} does not fit '{slot.name}'", expected=str(slot.type), found=f"an array {shape}")


def _floats(array: Array, slot: Slot, source: str, rows: Array | None) -> Array:
    if array.dtype.kind not in "iubf":
        raise misfit(f"{source} holds no numbers for '{slot.name}'", expected=str(slot.type), found=str(array.dtype))
    if array.dtype != np.float64:  # kept for modules of that precision
        array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise misfit(
            f"{source} holds a number that is not finite for '{slot.name}'", expected="finite numbers",
            found=f"one in sample {_first(~np.isfinite(array), rows)}",
        )  # fmt: skip
    return array


def _whole(array: Array, slot: Slot, source: str) -> Array:
    """Floats that are whole numbers, as such."""
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.trunc(array)).all():
        return array.astype(np.int64)
    raise misfit(
        f"{source} holds no whole numbers for '{slot.name}'", expected=str(slot.type), found=f"{array.dtype} numbers"
    )


def _classes(array: Array, slot: Slot, source: str, rows: Array | None) -> Array:
    if slot.classes is None:
        return array
    wrong = (array < 0) | (array >= slot.classes)
    if slot.ignored is not None:
        wrong &= array != slot.ignored
    if wrong.any():
        raise misfit(
            f"{source} holds a class for '{slot.name}' that the network does not have",
            expected=f"whole numbers from 0 to {slot.classes - 1}",
            found=f"{array[wrong][0]} in sample {_first(wrong, rows)}",
        )
    return array


def _first(wrong: Array, rows: Array | None) -> int:
    """The first sample that has something wrong."""
    place = int(np.argwhere(wrong)[0][0])
    return place if rows is None else int(rows[place])
