"""`graphnet kernels`: the generated source."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.syntax import Syntax

from graphnet.commands.options import Batch, Exact, Quiet, Set, Spec
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import output, say
from graphnet.core.diagnostics import Diagnostic, SpecError, nearest
from graphnet.frontend.training import TrainConfig
from graphnet.interop.files import write_text
from graphnet.runtime.built import Kernel
from graphnet.stages import batch_size_of, step_kernels

Backward = Annotated[
    bool, typer.Option("--backward", help="The kernels of a whole training step, instead of a prediction's.")
]
Target = Annotated[str, typer.Option(metavar="cpu", help="What to generate for.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Write a file for each kernel.", show_default=False),
]


def run(
    spec: Spec, backward: Backward = False, target: Target = "cpu", out: Out = None, batch: Batch = None,
    exact: Exact = False, set_: Set = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Print the generated kernels, each with the layers that it serves and where those were written.

    Layers of equal form share a kernel, so there are fewer kernels than layers. Numba compiles exactly this text.
    """
    _check_target(target)
    network = read_network(spec, set_, quiet=quiet)
    config = network.train if network.train is not None else TrainConfig()
    size = batch if batch is not None else batch_size_of(network)
    purpose = "train" if backward and network.graph.losses else "predict"
    kernels = step_kernels(network.graph, purpose, size, "float32", config.optimizer, config.gradient_clip, exact=exact)
    listing = list_kernels(kernels)
    if out is not None:
        digits = len(str(len(listing)))
        for number, (name, text) in enumerate(listing, start=1):
            write_text(out / f"{number:0{digits}}-{name}.py", text)
        if not quiet:
            say(f"{out}: {len(listing)} kernels, used {len(kernels)} times")
        return
    _print("\n\n".join(text for _, text in listing))


def list_kernels(kernels: Sequence[Kernel]) -> list[tuple[str, str]]:
    """Each distinct kernel once, in the order of first use: its name, and its source under what it serves."""
    uses: dict[str, list[Kernel]] = {}
    for kernel in kernels:
        uses.setdefault(kernel.source, []).append(kernel)
    return [(shared[0].form, f"{_heading(shared)}\n{source}") for source, shared in uses.items()]


def _heading(uses: Sequence[Kernel]) -> str:
    """What a kernel is, and a line for each of its uses.

    Example:
        # conv2d_tanh: contraction, forward
        # serves conv2d1 (lenet5.yaml:9), tanh1 (lenet5.yaml:10)
    """
    first = uses[0]
    lines = [f"{first.form}: {first.family}, {'backward' if first.backward else 'forward'}"]
    lines += [f"serves {', '.join(use.layers) or use.name}" for use in uses]
    return "\n".join(f"# {line}" for line in lines)


def _print(text: str) -> None:
    console = output()
    if console.is_terminal:
        console.print(Syntax(text, "python", theme="ansi_dark", background_color="default"), soft_wrap=True)
    else:
        sys.stdout.write(text)


def _check_target(target: str) -> None:
    if target == "cpu":
        return
    close = nearest(target, ["cpu", "cuda"])
    hint = "this release has no CUDA target" if close == "cuda" else "did you mean 'cpu'?" if close else None
    raise SpecError(Diagnostic("option", f"there is no target '{target}'", expected="cpu", found=target, hint=hint))
