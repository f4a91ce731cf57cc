"""The batches that a caller hands in, checked against what a network takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphnet.core.diagnostics import nearest
from graphnet.ir.data import misfit
from graphnet.ir.graph import Value
from graphnet.runtime.arrays import Array, numpy_dtype


def checked_batch(
    batch: Mapping[str, Any], values: Sequence[Value], floats: str, tokens: Mapping[str, int], most: int | None = None
) -> dict[str, Array]:
    """The arrays that a program needs, in their types; extra entries are left out.

    Args:
        batch: by the names of inputs and targets.
        values: what is needed.
        floats: `float32` or `float64`.
        tokens: how many different ones there are, by the names of the inputs that hold tokens.
        most: samples that fit; None for any number.

    Raises:
        SpecError: something is missing or has another shape, or a token is none.
    """
    arrays: dict[str, Array] = {}
    count: int | None = None
    for value in values:
        if value.name not in batch:
            near = nearest(value.name, batch)
            raise misfit(
                f"the batch lacks '{value.name}'", expected=", ".join(v.name for v in values),
                found=", ".join(batch) or "nothing", hint=f"rename '{near}'" if near else None,
            )  # fmt: skip
        if value.name in tokens:
            _check_tokens(value.name, np.asarray(batch[value.name]), tokens[value.name])
        array = np.asarray(batch[value.name], numpy_dtype(value.type.dtype, floats))
        wanted = value.type.sample_shape
        if array.shape[1:] != wanted or array.ndim == 0:
            raise misfit(
                f"'{value.name}' has another shape", expected=f"(N, {', '.join(map(str, wanted))})"
                if wanted else "(N,)", found=str(array.shape),
            )  # fmt: skip
        if count is not None and len(array) != count:
            raise misfit(f"'{value.name}' has another number of samples", expected=str(count), found=str(len(array)))
        count = len(array)
        arrays[value.name] = array
    if count is not None and most is not None and not 1 <= count <= most:
        raise misfit(
            "the batch is too large" if count else "the batch is empty", found=f"{count} samples",
            expected=f"1 to {most} samples",
            hint=f"gn.compile(..., batch_size={count})" if count else None,
        )  # fmt: skip
    return arrays


def _check_tokens(name: str, array: Array, count: int) -> None:
    """Refuse tokens that no row of a table stands for, before a kernel looks for them."""
    inside = (array >= 0) & (array < count) & (array % 1 == 0)
    if not inside.all():
        place = tuple(int(k) for k in np.argwhere(~inside)[0])
        raise misfit(
            f"'{name}' has a token that is none", expected=f"whole numbers from 0 to {count - 1}",
            found=f"{array[place]} at {list(place)}",
        )  # fmt: skip
