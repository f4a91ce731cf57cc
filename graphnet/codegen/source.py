"""The unit that code generation hands to the runtime: the source text of one kernel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KernelSource:
    """A generated Python file.

    Attributes:
        name: names the file; a Python identifier such as `conv2d_relu`.
        text: a module that defines `kernel(args, worker, workers)`, plain functions that it uses, and nothing else.
            Equal texts are one kernel, however many nodes it serves.
    """

    name: str
    text: str
