"""The parameters of a module, as the user reads and sets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphnet.core.diagnostics import nearest
from graphnet.ir.data import misfit
from graphnet.runtime.arrays import Array
from graphnet.runtime.store import Store


class Parameters(Mapping[str, Array]):
    """Parameters and buffers by path: copies in PyTorch's layouts, made when they are read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, path: str) -> Array:
        if path not in self._store.parameters:
            hint = nearest(path, self._store.parameters)
            raise KeyError(f"{path}; did you mean {hint}?" if hint else path)
        return self._store.read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.parameters)

    def __len__(self) -> int:
        return len(self._store.parameters)


def fitting(store: Store, arrays: Mapping[str, Any], *, strict: bool) -> dict[str, Array]:
    """The arrays that belong to a store's parameters and buffers, by path.

    Args:
        store: says which there are.
        arrays: anything NumPy can read, by path.
        strict: whether every path must be given, and no other. Counters may be missing.

    Raises:
        SpecError: paths or shapes do not fit.
    """
    known = store.parameters
    unknown = [path for path in arrays if path not in known]
    missing = [path for path, p in known.items() if not p.spec.counter and path not in arrays]
    if strict and (unknown or missing):
        raise misfit(
            "the parameters do not fit the network", expected=listed("these paths", missing) or "no other paths",
            found=listed("unknown paths", unknown) or "none of them", hint="strict=False takes what fits",
        )  # fmt: skip
    found = {path: np.asarray(array) for path, array in arrays.items() if path in known}
    for path, array in found.items():
        shape = tuple(int(e) for e in known[path].value.type.shape)
        if array.shape != shape:
            raise misfit(
                f"parameter '{path}' has another shape", expected=str(shape), found=str(array.shape),
                hint="parameters have PyTorch's layouts",
            )  # fmt: skip
    return found


def listed(what: str, names: Sequence[str], most: int = 5) -> str:
    """`what: a, b, c, and 7 more`; nothing for no names."""
    if not names:
        return ""
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return f"{what}: {', '.join(names[:most])}{more}"
