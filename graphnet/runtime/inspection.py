"""Every stage made visible: GRAPHNET_DEBUG prints, GRAPHNET_DUMP writes numbered files."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from graphnet.codegen.kernel_frame import GeneratedKernel
from graphnet.core.environment import debug_level, dump_directory
from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph, FusedKernel


class Inspector:
    """Follows one compilation.

    Levels of GRAPHNET_DEBUG: 1 timings, 2 a summary of every stage, 3 the graphs, 4 the kernels' source.

    Args:
        name: of the compilation, in file names and messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._level, self._folder = debug_level(), dump_directory()
        self._count = 0
        self._clock = time.perf_counter()

    def begin(self) -> None:
        """The next stage's time counts from here."""
        self._clock = time.perf_counter()

    def graph(self, stage: str, graph: Graph) -> Graph:
        """Show a graph and hand it on."""
        self._show(stage, f"{len(graph.nodes)} nodes", lambda: str(graph), "txt", 3)
        return graph

    def fused(self, stage: str, fused: FusedGraph) -> None:
        """Show how nodes were grouped."""

        def text() -> str:
            return "\n".join(f"kernel {k.name}\n" + "\n".join(f"  {node}" for node in k.nodes) for k in fused.kernels)

        self._show(stage, f"{len(fused.kernels)} kernels", text, "txt", 3)

    def sources(self, stage: str, kernels: Sequence[tuple[FusedKernel, GeneratedKernel]]) -> None:
        """Show the generated source."""

        def text() -> str:
            return "\n\n".join(f"# {kernel.name}\n{generated.source.text}" for kernel, generated in kernels)

        distinct = len({generated.source.text for _, generated in kernels})
        self._show(stage, f"{len(kernels)} kernels, {distinct} distinct sources", text, "py", 4)

    def _show(self, stage: str, summary: str, text: object, ending: str, level: int) -> None:
        now = time.perf_counter()
        if self._level >= 1:
            print(f"graphnet: {self.name}: {stage}: {(now - self._clock) * 1e3:.1f} ms"  # noqa: T201 - asked for
                  + (f", {summary}" if self._level >= 2 else ""), file=sys.stderr)  # fmt: skip
        if callable(text) and (self._level >= level or self._folder is not None):
            content = text()
            if self._level >= level:
                print(content, file=sys.stderr)  # noqa: T201
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
                path = self._folder / f"{self.name}-{self._count:02d}-{stage}.{ending}"
                path.write_text(content + "\n", encoding="utf-8")
        self._count += 1
        self._clock = time.perf_counter()
