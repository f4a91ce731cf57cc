"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_composer import compose
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree
from graphnet.ops.families.attributes import MAX_EXTENT

Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="The file of the spec.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a param of the spec; may be repeated. Values are read as YAML.",
        show_default=False,
    ),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no warnings, remarks and progress.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Threads = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Workers; by default as many as there are cores.", show_default=False),
]
Exact = Annotated[
    bool, typer.Option("--exact", help="Compute every convolution term by term: slower, with smaller rounding errors.")
]
Device = Annotated[
    str, typer.Option(metavar="cpu|python", help="Where to run; `python` runs the kernels uncompiled, slowly.")
]
Batch = Annotated[
    int | None,
    typer.Option(
        "--batch", min=1, max=MAX_EXTENT, metavar="N", help="Samples of a batch; by default the spec's.",
        show_default=False,
    ),
]  # fmt: skip
Data = Annotated[
    str | None,
    typer.Option(
        metavar="DATA", show_default=False,
        help="The data instead of the spec's: an .npz or .csv file, or what `data:` takes, such as `digits`.",
    ),
]  # fmt: skip
Weights = Annotated[
    Path,
    typer.Option(metavar="FILE", help="A safetensors file, or the folder of a run (its best).", show_default=False),
]


def read_params(settings: Sequence[str] | None) -> dict[str, Any]:
    """The params that `--set` gives.

    Raises:
        SpecError: one is no `name=value`, comes twice, or its value is no YAML.
    """
    params: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            problems.append(
                Diagnostic("option", f"`--set {setting}` sets nothing", expected="`--set name=value`", found=setting)
            )
        elif name in params:
            problems.append(Diagnostic("option", f"`--set` gives '{name}' twice", expected="one value", found=setting))
        else:
            params[name] = read_yaml(text, f"--set {name}")
    if problems:
        raise SpecError(problems)
    return params


def read_yaml(text: str, source: str) -> Any:
    """A value as specs write it: `8`, `true`, `1e-3`, `relu`, `[1, 2]`, `{npz: flowers.npz}`; nothing is nothing.

    Args:
        text: the value.
        source: stands for the file in messages.

    Raises:
        SpecError: it is no YAML.
    """
    report = Report()
    tree = compose(text, source, report)
    report.raise_errors()
    return None if tree is None else _plain(tree, source)


def _plain(tree: Tree, source: str) -> Any:
    match tree:
        case Table():
            return {key.text: _plain(value, source) for key, value in tree.entries}
        case Array():
            return [_plain(item, source) for item in tree.items]
        case Scalar() if tree.value is POISON:
            raise SpecError(Diagnostic("value", "the value cannot be read", tree.span, found=tree.text))
        case Scalar():
            return tree.value
