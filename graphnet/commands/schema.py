"""`graphnet schema`: what editors need to check and complete specs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from graphnet.frontend.writing.schema import json_schema
from graphnet.interop.files import write_text

Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write a file instead.", show_default=False),
]


def run(out: Out = None) -> None:
    """Print the JSON Schema of specs.

    Editors use it to complete keys, to show what they mean, and to underline mistakes. With VS Code's YAML extension,
    a spec says on its first line `# yaml-language-server: $schema=graphnet.schema.json`.
    """
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        write_text(out, text)
