"""`graphnet data`: data sets from the web. Nothing else in graphnet ever opens a connection."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

import graphnet.ops  # noqa: F401 - registers the sources
from graphnet.commands.options import Quiet
from graphnet.commands.terminal import output, say, show
from graphnet.core.diagnostics import Diagnostic, SpecError, nearest
from graphnet.core.environment import data_directory
from graphnet.interop.download import fetch, is_complete
from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="The data set; without, all are listed.", show_default=False),
]
To = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", show_default=False,
        help="The folder for its files; a spec then says `path: DIR`. By default NAME in the folder for data.",
    ),
]  # fmt: skip
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="URL", show_default=False, help="A folder on the web with copies of the files."
    ),
]  # fmt: skip


def run(name: Name = None, to: To = None, from_: From = None, quiet: Quiet = False) -> None:
    """Download a data set, or list those that can be downloaded and those that are there.

    A download that broke off goes on where it stopped; each file is compared with its checksum. `GRAPHNET_DATA_DIR`
    is the folder for data. Training never downloads anything.
    """
    known = {title: source.files for title, source in sorted(SOURCES.items()) if source.files}
    if name is None:
        show(_listing(known), f"They go to {data_directory()}; `graphnet data NAME` downloads one of them.")
        return
    if name not in known:
        close = nearest(name, known)
        raise SpecError(
            Diagnostic(
                "option", f"there is no data set '{name}' to download", expected=f"one of {', '.join(known)}",
                found=name, hint=f"did you mean `{close}`?" if close else None,
            )
        )  # fmt: skip
    if from_ is not None and urlsplit(from_).scheme not in ("http", "https"):
        raise SpecError(
            Diagnostic("option", "this is no place on the web", expected="http://... or https://...", found=from_)
        )
    folder = (to if to is not None else data_directory() / name).absolute()
    if all(is_complete(file, folder) for file in known[name]):
        if not quiet:
            say(f"{name} is in {folder} already")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=output(), disable=quiet or not output().is_terminal) as progress:
        for file in known[name]:
            task = progress.add_task(file.name, total=file.size)
            fetch(file, folder, (from_,) if from_ else (), partial(_advance, progress, task))
            _advance(progress, task, file.size)
    if not quiet:
        say(f"{name} is in {folder}" + (f"; a spec finds it with `path: {folder}`" if to is not None else ""))


def _advance(progress: Progress, task: TaskID, count: int) -> None:
    progress.update(task, completed=count)


def _listing(known: dict[str, tuple[RemoteFile, ...]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, files in known.items():
        folder = data_directory() / name
        there = all(is_complete(file, folder) for file in files)
        table.add_row(f"  {name}", f"{sum(file.size for file in files) / 1e6:.0f} MB", "is there" if there else "")
    return table
