"""`graphnet predict`: outputs for given inputs."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Annotated

import numpy as np
import typer
from rich import box
from rich.table import Table

from graphnet.analysis.units import format_shape
from graphnet.commands.options import Batch, Device, Exact, Quiet, Set, Spec, Threads, Weights
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import complain, say, show
from graphnet.commands.training import compile_with
from graphnet.core.diagnostics import Diagnostic, RunError, SpecError
from graphnet.interop.files import replacing
from graphnet.ir.data import Array, Demand, demand_of
from graphnet.ir.graph import Graph
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset

SHOWN_SAMPLES = 20
SHOWN_NUMBERS = 10

Inputs = Annotated[
    Path,
    typer.Argument(
        metavar="INPUTS", show_default=False,
        help="An .npz file with the inputs by name, or an .npy file with the only input; samples along axis 0.",
    ),
]  # fmt: skip
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write the outputs: .npz, or .npy of the only output.",
                 show_default=False),
]  # fmt: skip


def run(
    spec: Spec, inputs: Inputs, weights: Weights, out: Out = None, batch: Batch = None, device: Device = "cpu",
    set_: Set = None, threads: Threads = None, exact: Exact = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compute the outputs for given inputs, with trained weights.

    Without `--out`, a table shows the first samples, and the strongest class where an output has one number for each.
    """
    network = read_network(spec, set_, quiet=quiet)
    if out is not None:
        _check_format(out, network.graph)
    given = read_inputs(inputs, network.graph)
    if network.train is not None:
        count = len(next(iter(given.values())))
        given = dict(Pipeline.of(network.train, network.graph).for_predictions(given, np.arange(count)))
    model = compile_with(network, weights, batch, device, threads, exact=exact)
    outputs = model.predict(given)
    if out is None:
        show(_table(outputs))
        count = len(next(iter(outputs.values())))
        if count > SHOWN_SAMPLES and not quiet:
            complain(f"{count - SHOWN_SAMPLES:,} more samples; `-o outputs.npz` writes all")
        return
    write_outputs(out, outputs)
    if not quiet:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in outputs.items())
        say(f"{out}: {shapes}")


def read_inputs(path: Path, graph: Graph) -> dict[str, Array]:
    """The inputs of a network from a NumPy file. Other arrays of the file are left alone.

    Raises:
        SpecError: names, shapes or types do not fit.
        RunError: the file cannot be read.
    """
    demand = Demand(demand_of(graph).inputs, ())
    names = [slot.name for slot in demand.slots]
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded as file:
                known = [name for name in file.files if name in names]
                chosen = known if known or len(file.files) != 1 else file.files
                arrays = {name: file[name] for name in chosen or file.files}
        else:
            arrays = {"": loaded}
    except FileNotFoundError:
        raise RunError(f"there is no file {path}") from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile):  # NumPy's words propose to load pickled objects: not from us
        raise RunError(f"{path} is no .npy or .npz file of plain arrays") from None
    if len(arrays) == 1 and len(names) == 1:  # whatever it is called
        arrays = {names[0]: next(iter(arrays.values()))}
    bound = Dataset.bind(arrays, demand, str(path))
    return bound.batch(np.arange(len(bound)))


def write_outputs(path: Path, outputs: Mapping[str, Array]) -> None:
    """Write outputs by name (.npz), or the only one (.npy), whole or not at all.

    Raises:
        RunError: the file cannot be written.
    """
    with replacing(path) as new, new.open("wb") as file:
        if path.suffix.lower() == ".npy":
            np.save(file, next(iter(outputs.values())))
        else:
            _write_archive(file, outputs)


def _write_archive(file: IO[bytes], arrays: Mapping[str, Array]) -> None:
    """What `np.savez` writes; that function takes no arrays called `file`."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _check_format(path: Path, graph: Graph) -> None:
    ending = path.suffix.lower()
    if ending == ".npz" or (ending == ".npy" and len(graph.outputs) == 1):
        return
    hint = f"the outputs are {', '.join(graph.outputs)}" if ending == ".npy" else None
    raise SpecError(
        Diagnostic("format", f"cannot write outputs into '{path}'", expected="a file ending in .npz" +
                   (", or in .npy" if len(graph.outputs) == 1 else ""), found=ending or "no ending", hint=hint)
    )  # fmt: skip


def _table(outputs: Mapping[str, Array]) -> Table:
    """A row for each of the first samples."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("sample", justify="right")
    for name, array in outputs.items():
        if _has_classes(array):
            table.add_column("class", justify="right", min_width=5)
        table.add_column(f"{name} {format_shape(array.shape[1:])}", no_wrap=True)
    for sample in range(min(SHOWN_SAMPLES, len(next(iter(outputs.values()))))):
        cells = [str(sample)]
        for array in outputs.values():
            if _has_classes(array):
                cells.append(str(int(array[sample].argmax())))
            cells.append(_numbers(array[sample]))
        table.add_row(*cells)
    return table


def _has_classes(array: Array) -> bool:
    return array.ndim == 2 and array.shape[1] > 1


def _numbers(array: Array) -> str:
    more = " ..." if array.size > SHOWN_NUMBERS else ""
    return " ".join(f"{value:.4g}" for value in array.reshape(-1)[:SHOWN_NUMBERS]) + more
