"""What surrounds an entry while it is expanded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from graphnet.core.types import TensorType
from graphnet.frontend.expansion.names import Absent, Flow, Names
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.text.report import POISON, Poison
from graphnet.frontend.text.vocabulary import Vocabulary
from graphnet.frontend.text.yaml_tree import Scalar
from graphnet.ir.definitions import Definition
from graphnet.ir.graph import Value

LONGEST_TRAIL: Final = 4
"""The most blocks inside one another that a message shows."""


@dataclass(eq=False)
class InitRule:
    """How the parameters that match a pattern start; patterns of an entry are relative to it.

    Attributes:
        prefix: the entry's path with its dot, or nothing.
        pattern: a glob.
        definition: the initialiser.
        source: where it was written.
        is_used: whether any parameter matched so far.
    """

    prefix: str
    pattern: str
    definition: Definition
    source: Scalar
    is_used: bool = False


@dataclass(frozen=True, eq=False)
class Context:
    """What is the same for all entries of a list.

    Attributes:
        names: where layers are defined.
        vocabulary: the heads that may be used.
        received: the value that the block or the network receives: `input`.
        variables: params and loop variables.
        trail: the blocks that lead here, for messages.
        passes: the values of the loops around, for messages.
        is_frozen: whether an enclosing entry is frozen.
        inits: the rules of the enclosing entries, outermost first.
        depth: how many entries enclose this list.
    """

    names: Names
    vocabulary: Vocabulary
    received: Flow
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    trail: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    is_frozen: bool = False
    inits: tuple[InitRule, ...] = ()
    depth: int = 0

    def deeper(self, **changes: Any) -> Context:
        """The context of a list inside an entry of this one."""
        return replace(self, depth=self.depth + 1, **changes)

    def within_pass(self, variables: Mapping[str, Any]) -> Context:
        """The context of one pass of a loop."""
        plain = {k: v for k, v in variables.items() if isinstance(v, bool | int | float | str)}
        passes = (*self.passes, *(f"{name} = {shortened(str(value), 20)}" for name, value in plain.items()))
        return self.deeper(variables={**self.variables, **variables}, passes=passes)

    def at(self, path: str, subject: str | None = None) -> str:
        """Where something is, for messages: blocks that lead to it, its path, the loops around, and what it is."""
        trail = list(self.trail)
        if len(trail) > LONGEST_TRAIL:
            trail = [*trail[:1], "...", *trail[2 - LONGEST_TRAIL :]]
        return " > ".join([*trail, self._place(path), *([subject] if subject else [])])

    def entered(self, path: str, subject: str) -> tuple[str, ...]:
        """The trail inside the block instance that an entry makes."""
        return (*self.trail, f"{self._place(path)} > {shortened(subject, 60)}")

    def _place(self, path: str) -> str:
        return f"{path} ({', '.join(self.passes)})" if self.passes else path


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A context together with the current value: what expressions see."""

    context: Context
    previous: Flow

    def variables(self) -> Mapping[str, Any]:
        return self.context.variables

    def flow(self, reference: str) -> Flow | None:
        """What a name stands for; None if nothing."""
        if reference == "input":
            return self.context.received
        if reference == "previous":
            return self.previous
        binding = self.context.names.binding(reference)
        return binding.flow if binding else None

    def tensor(self, reference: str) -> TensorType | Poison | None:
        flow = self.flow(reference)
        if isinstance(flow, Value):
            return flow.type
        return None if flow is None or isinstance(flow, Absent) else POISON
