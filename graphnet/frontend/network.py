"""A network: what a spec becomes, and what is written layer by layer in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from graphnet.analysis.summary import Summary, summarise
from graphnet.core.diagnostics import AttributeProblem, Diagnostic
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.budgets import Budget
from graphnet.frontend.python.builder import NetworkBuilder
from graphnet.frontend.python.call_site import CallSite, call_site, reported_at, source_lines
from graphnet.frontend.suspicions import find_suspicions
from graphnet.frontend.training import TrainConfig
from graphnet.frontend.writing.to_yaml import to_yaml
from graphnet.ir.graph import Graph

NETWORK_NAME = re.compile(r"\w[\w.+-]*", re.ASCII)
"""What a network may be called: a part of file names."""


class Network(NetworkBuilder):
    """A network with its losses, metrics and outputs: a graph that is checked as it grows; nothing is compiled.

    Layers are added by the functions of the package (`gn.conv2d(x, 16, kernel_size=3)`), which find the network
    through their operands. Each mistake is a SpecError that shows the line of the call. Patterns see the layers
    made so far, so `freeze`, `init` and regularisers come after the layers that they speak of.

    Example:
        net = gn.Network("tiny")
        x = net.input("image", (3, 32, 32))
        with net.scope("stem"):
            x = gn.relu(gn.conv2d(x, 16, kernel_size=3, padding=1, name="conv1"))
        logits = gn.linear(gn.global_avg_pool2d(x), 10, name="fc")
        net.output("logits", logits)
        net.loss(gn.cross_entropy(logits, "label"))

    Attributes:
        name: of the network.
        doc: what it is, in a sentence.
        train: how to train it, if that was said.
        budgets: what the spec asserts of itself; checked when it is compiled.
        params: the spec's params as they were set.
        path: the file that it was read from, if any.
    """

    def __init__(
        self,
        name: str,
        doc: str = "",
        *,
        assembler: Assembler | None = None,
        train: TrainConfig | None = None,
        budgets: Sequence[Budget] = (),
        warnings: Sequence[Diagnostic] | None = None,
        params: Mapping[str, Any] | None = None,
        path: str | Path | None = None,
    ) -> None:
        if not isinstance(name, str) or not NETWORK_NAME.fullmatch(name):
            with reported_at(call_site()):
                raise AttributeProblem(
                    f"a network cannot be called {name!r}", code="name", found=repr(name),
                    expected="letters, digits, `_`, `-`, `.` and `+`",
                )  # fmt: skip
        super().__init__(name, assembler if assembler is not None else Assembler(name, doc))
        self.doc, self.train, self.budgets = doc, train, tuple(budgets)
        self.params: dict[str, Any] = dict(params or {})
        self.path = None if path is None else Path(path)
        self._warnings = warnings
        self._graph: Graph | None = None

    @classmethod
    def of(cls, other: Network) -> Self:
        """The same network as another class: so the public one adds drawings to what a loader made."""
        made = cls.__new__(cls)
        made.__dict__.update(other.__dict__)
        return made

    # -- what it is --------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The graph of what was written so far."""
        if self._graph is None:
            with reported_at(call_site()):
                self._graph = self._assembler.finish()
        return self._graph

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is legal but suspicious, with its source lines where they can be read."""
        if self._warnings is not None:
            return tuple(self._warnings)
        found = [*self._assembler.warnings, *find_suspicions(self.graph, self._assembler.spans)]
        return tuple(replace(d, lines=source_lines(d.span)) if d.span else d for d in found)

    @property
    def patterns(self) -> Mapping[str, tuple[str, ...]]:
        """The patterns of the regularisers among the loss terms, by term."""
        return self._assembler.patterns

    def summary(self) -> Summary:
        """Layers with their shapes, parameters and multiply-adds; prints as a table."""
        return summarise(self.graph)

    def to_yaml(self) -> str:
        """The network as a spec, with blocks, loops and params spelled out; `gn.loads` gives the same graph back."""
        return to_yaml(self)

    def __str__(self) -> str:
        return str(self.graph)

    def __repr__(self) -> str:
        return f"<Network '{self.name}' of {len(self._assembler.nodes)} nodes>"

    # -- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _changed(self, site: CallSite) -> Iterator[None]:
        """What was derived of the network is out of date."""
        self._graph = self._warnings = None
        with super()._changed(site):
            yield
