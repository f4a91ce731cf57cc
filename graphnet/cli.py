"""The command line: finds the command, and turns errors into messages and exit statuses.

Exit status: 0 done, 1 failed while running, 2 bad input. Diagnostics go to standard error; a mistake of the user is
never shown as a traceback.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from graphnet import __version__
from graphnet.commands.late import late_module
from graphnet.commands.terminal import complain, print_diagnostics
from graphnet.core.diagnostics import Diagnostic, InternalError, RunError, SpecError, nearest
from graphnet.core.environment import debug_level

COMMANDS: Final = {
    "check": ("check", "Read specs and print everything that is wrong or suspicious."),
    "summary": ("summary", "Show layers, shapes, parameters, multiply-adds and memory."),
    "diff": ("diff", "Compare two specs: layers, parameters, multiply-adds and memory."),
    "render": ("render", "Draw a network, or what the compiler makes of it."),
    "kernels": ("kernels", "Print the generated kernels."),
    "data": ("data", "Download a data set."),
    "train": ("train", "Train, with progress, logs and checkpoints."),
    "eval": ("evaluate", "Compute the loss and the metrics of trained weights."),
    "predict": ("predict", "Compute the outputs for given inputs."),
    "gradcheck": ("gradcheck", "Compare all gradients with finite differences."),
    "bench": ("bench", "Measure a step and its kernels against the machine's limits."),
    "ops": ("ops", "The operator reference."),
    "schema": ("schema", "Print the JSON Schema of specs, for editors."),
}
"""The commands: the module of `graphnet.commands` that has each one, and what it does."""

DONE, FAILED, BAD_INPUT = 0, 1, 2
INTERRUPTED = 130
"""How typer ends when Ctrl-C is pressed."""


class LazyCommand(TyperCommand):
    """A command known by its name and help only; its module is imported when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module, help_text = COMMANDS[str(self.name)]
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        app.command(self.name, short_help=help_text)(late_module(f"graphnet.commands.{module}").run)
        return typer.main.get_command(app).make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """All commands, none of which is imported before it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> LazyCommand:
        if cmd_name not in COMMANDS:
            close = nearest(cmd_name, COMMANDS)
            hint = f"did you mean `graphnet {close}`?" if close else "`graphnet --help` says what each of them does"
            expected = ", ".join(COMMANDS)
            raise SpecError(
                Diagnostic("command", f"there is no command '{cmd_name}'", expected=expected, found=cmd_name, hint=hint)
            )
        help_text = COMMANDS[cmd_name][1]
        return LazyCommand(cmd_name, help=help_text, short_help=help_text)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"graphnet {__version__}")
        raise typer.Exit


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")


@app.callback()
def graphnet(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Compile declarative neural networks, train them, and see what was made of them."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit.

    Args:
        arguments: what follows the program's name; by default this process's.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    try:
        typer.main.get_command(app).main(args=None if arguments is None else list(arguments), prog_name="graphnet")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            complain("interrupted")
        return end.code if end.code in (DONE, FAILED, BAD_INPUT) else FAILED
    except SpecError as error:
        print_diagnostics(error.diagnostics)
        return BAD_INPUT
    except RunError as error:
        complain(f"error: {error}")
        return FAILED
    except MemoryError:
        complain("error: there is not enough memory; a smaller batch size needs less")
        return FAILED
    except Exception as error:
        if _wants_traceback():
            traceback.print_exc()
        text = str(error) if isinstance(error, InternalError) else f"internal error: {type(error).__name__}: {error}"
        complain(" ".join(text.split()) + " (GRAPHNET_DEBUG=1 shows where)")
        return FAILED
    return DONE


def _wants_traceback() -> bool:
    try:
        return debug_level() > 0
    except RunError:  # GRAPHNET_DEBUG is no number: whoever set it wants to see something
        return True
