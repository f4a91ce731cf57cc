"""Weights in safetensors files: arrays by parameter path, in PyTorch's names and layouts, and no code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from graphnet.core.diagnostics import Diagnostic, RunError, SpecError, nearest
from graphnet.interop.files import replacing
from graphnet.ir.graph import Parameter

Array = np.ndarray[Any, Any]

OPTIMIZER_PREFIX: Final = "optimizer/"
"""Before the names of optimizer states in a checkpoint; no parameter path has a slash."""
_LISTED: Final = 8
"""How many names of a kind a message lists."""


@dataclass(frozen=True)
class Weights:
    """What a file holds.

    Attributes:
        arrays: parameters and buffers by path.
        optimizer: optimizer states by name, if the file is a checkpoint.
        metadata: texts by name: `graphnet` (version), `network` (name), and what the writer added.
    """

    arrays: dict[str, Array]
    optimizer: dict[str, Array]
    metadata: dict[str, str]


def save_weights(
    path: Path, arrays: Mapping[str, Array], *, network: str = "", optimizer: Mapping[str, Array] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Write weights, whole or not at all.

    Args:
        path: of the file, which may exist.
        arrays: by parameter path.
        network: the spec's name, for the metadata.
        optimizer: states by name, for a checkpoint.
        metadata: more texts to keep.

    Raises:
        RunError: the file cannot be written.
    """
    states = {f"{OPTIMIZER_PREFIX}{name}": array for name, array in (optimizer or {}).items()}
    # safetensors takes the memory behind an array as it lies, whatever its strides
    dense = {name: np.asarray(array, order="C") for name, array in {**arrays, **states}.items()}
    with replacing(path) as new:
        try:
            save_file(dense, new, metadata={"graphnet": _version(), "network": network, **(metadata or {})})
        except SafetensorError as error:
            raise RunError(f"cannot write {path}: {error}") from None


def read_weights(path: Path) -> Weights:
    """Read a safetensors file of any origin.

    Raises:
        RunError: there is no such file, or it is no whole safetensors file, or holds a type that NumPy lacks.
    """
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: _tensor(file, name, path) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise RunError(f"there is no weights file {path}") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"cannot read {path} as a safetensors file: {error}") from None
    states = {n.removeprefix(OPTIMIZER_PREFIX): a for n, a in arrays.items() if n.startswith(OPTIMIZER_PREFIX)}
    own = {name: array for name, array in arrays.items() if not name.startswith(OPTIMIZER_PREFIX)}
    return Weights(own, states, metadata)


def match_weights(
    given: Mapping[str, Array], parameters: Iterable[Parameter], *, source: str, strict: bool = True
) -> dict[str, Array]:
    """The arrays that fit a network's parameters, by path.

    Counters of steps, which older files lack, may be missing.

    Args:
        given: arrays by path.
        parameters: of the network.
        source: where the arrays come from, in words.
        strict: whether every parameter must be given, and nothing else; otherwise only shapes must agree.

    Raises:
        SpecError: names or shapes differ; one diagnostic lists all of them.
    """
    wanted = {p.path: p for p in parameters}
    missing = [path for path, p in wanted.items() if path not in given and not p.spec.counter]
    unexpected = [path for path in given if path not in wanted]
    shared = [path for path in wanted if path in given]
    misshaped = [
        f"{path} is {given[path].shape}, not {wanted[path].spec.shape}"
        for path in shared
        if given[path].shape != wanted[path].spec.shape
    ]
    problems = [("of another shape", misshaped)]
    if strict:
        problems += [("missing", missing), ("unexpected", unexpected)]
    found = [f"{kind}: {_some(names)}" for kind, names in problems if names]
    if found:
        close = nearest(missing[0], unexpected) if strict and missing and unexpected else None
        raise SpecError(
            Diagnostic(
                "weights", f"{source} does not fit the network's parameters",
                expected=f"{len(wanted)} arrays with the paths and shapes of the parameters", found="; ".join(found),
                hint=f"is '{close}' meant for '{missing[0]}'?" if close else None,
            )
        )  # fmt: skip
    return {path: given[path] for path in shared}


def gather_weights(files: Mapping[str, str], parameters: Iterable[Parameter], folder: Path) -> dict[str, Array]:
    """The arrays that a spec's `train.weights` loads before training, by path.

    A file under a prefix must hold every parameter below it, and may hold more: a classifier that the network at hand
    has replaced, for instance. It may be the file of a network of its own, or of one that has the same part under the
    same prefix. A file for the whole network (prefix "") must fit exactly.

    Args:
        files: paths of files by prefix.
        parameters: of the network.
        folder: that relative paths start from.

    Raises:
        SpecError: there is nothing below a prefix, or names or shapes differ.
        RunError: a file cannot be read.
    """
    every = list(parameters)
    found: dict[str, Array] = {}
    for prefix, file in files.items():
        given = read_weights(folder / file).arrays
        if not prefix:
            found |= match_weights(given, every, source=file)
            continue
        below = [p for p in every if p.path.startswith(f"{prefix}.")]
        if not below:
            raise SpecError(
                Diagnostic(
                    "weights", f"no parameters lie below '{prefix}'", at="train.weights",
                    expected="the path of a block instance, a named `sequential` or a layer", found=prefix,
                )
            )  # fmt: skip
        paths = {p.path for p in below}
        is_same_part = any(name in paths for name in given)
        placed = given if is_same_part else {f"{prefix}.{name}": array for name, array in given.items()}
        found |= match_weights({path: a for path, a in placed.items() if path in paths}, below, source=file)
    return found


def _tensor(file: Any, name: str, path: Path) -> Array:
    try:
        return np.asarray(file.get_tensor(name))
    except (TypeError, AttributeError):
        kind = file.get_slice(name).get_dtype()
        raise RunError(f"'{name}' in {path} is of type {kind}, which NumPy lacks: save it as float32") from None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _version() -> str:
    try:
        return version("graphnet")
    except PackageNotFoundError:  # run from a checkout
        return "0+checkout"
