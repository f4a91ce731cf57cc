"""The end of a training step, as comprehensions: clip, update the parameters, write statistics back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, equal, minimum, sqrt, where
from graphnet.ir.graph import Graph, Value
from graphnet.ir.layout import Layout, packed, plain
from graphnet.ir.optimizer import Optimizer
from graphnet.runtime.arrays import Array
from graphnet.runtime.store import CHUNK, Store

CLIP_EPSILON = 1e-6
"""Added to the norm before dividing, as PyTorch's clip_grad_norm_ does."""


@dataclass
class Update:
    """The graph of an update, with the memory and the layouts of what it reads and writes.

    Attributes:
        hyper: the memory of the run-time numbers of each region, by name.
    """

    graph: Graph
    places: dict[Value, Array]
    layouts: dict[Value, Layout]
    hyper: list[dict[str, Array]] = field(default_factory=list)


class UpdateBuilder:
    """Collects what happens after the gradients are known.

    Everything is written only if the loss is finite: a step that diverged leaves no trace.

    Args:
        store: parameters, gradients and states.
        lanes: elements of a vector.
        loss: a scalar that decides whether the step counts, or None.
    """

    def __init__(self, store: Store, lanes: int, loss: Value | None) -> None:
        self.store, self.lanes, self.loss = store, lanes, loss
        self.b = Builder()
        self.places: dict[Value, Array] = {}
        self.layouts: dict[Value, Layout] = {}
        self.results: dict[str, Value] = {}
        self.hyper: list[dict[str, Array]] = []
        if loss is not None:
            self.layouts[loss] = plain(())

    def write_back(self, updates: Sequence[tuple[Value, Value]], layouts: Mapping[Value, Layout]) -> None:
        """Write running statistics to their buffers."""
        paths = {p.value: path for path, p in self.store.parameters.items()}
        for buffer, new in updates:
            self.layouts[new] = layouts[new]
            self.layouts[buffer] = self.store.layouts[paths[buffer]]
            self.places[buffer] = self.store.memory(paths[buffer])
            self._write_many(paths[buffer], "write_back", [lambda x: x], [buffer], [new])

    def accumulate(self) -> None:
        """Add the gradients, times the run-time number `share`, to those accumulated."""
        scale = self._hyper("share", 0)
        for k, region in enumerate(self.store.regions):
            block = self.store.state("accumulated gradient")
            total = self._block(f"accumulated{k}", block[region.start : region.start + region.size])
            g = self._block(f"gradient{k}", self.store.gradients[region.start : region.start + region.size])
            self._write_many(f"accumulate{k}", "accumulate", [lambda a, g, s: a + g * s], [total], [total, g, scale])

    def apply(self, optimizer: Optimizer, clip: float | None, gradients: Array) -> None:
        """Update every region of the parameters from a block of gradients."""
        blocks = [
            self._block(f"gradient{k}", gradients[r.start : r.start + r.size]) for k, r in enumerate(self.store.regions)
        ]
        scale = self._clip_factor(blocks, clip) if clip is not None else None
        for k, (region, g) in enumerate(zip(self.store.regions, blocks, strict=True)):
            part = slice(region.start, region.start + region.size)
            p = self._block(f"parameters{k}", self.store.values[part])
            states = [self._block(f"{n}{k}", self.store.state(n)[part]) for n in optimizer.states()]
            numbers = [self._hyper(name, k) for name in optimizer.hyper()]
            operands = [p, g, *states, *numbers, *([scale] if scale is not None else [])]
            formulas = [_formula(optimizer, which, has_clip=scale is not None) for which in (None, *optimizer.states())]
            self._write_many(f"update{k}", optimizer.name, formulas, [p, *states], operands)

    def build(self) -> Update:
        graph = Graph("update", (), tuple(self.b.nodes), self.results)
        return Update(graph, self.places, self.layouts, self.hyper)

    # -- pieces --------------------------------------------------------------------------------------------------

    def _block(self, name: str, memory: Array) -> Value:
        """A region of a block, as rows of one chunk each: workers share the rows."""
        rows = len(memory) // CHUNK
        value = Value(name, TensorType((rows, CHUNK)), role="parameter")
        self.layouts[value] = self._rows(rows)
        self.places[value] = memory
        return value

    def _rows(self, rows: int) -> Layout:
        dims = [(0, 1, rows), (1, self.lanes, CHUNK // self.lanes), (1, 1, self.lanes)]
        return packed([*dims], self.lanes, CHUNK)

    def _hyper(self, name: str, region: int) -> Value:
        """A number that is set before each step."""
        while len(self.hyper) <= region:
            self.hyper.append({})
        memory = np.zeros(1, self.store.dtype)
        self.hyper[region][name] = memory
        return self._number(f"{name}{region}", memory)

    def _number(self, name: str, memory: Array) -> Value:
        value = Value(name, TensorType(()), role="hyper")
        self.layouts[value], self.places[value] = plain(()), memory
        return value

    def _clip_factor(self, gradients: Sequence[Value], clip: float) -> Value:
        """min(1, clip / norm), with the norm over all gradients."""
        total: Value | None = None
        for g in gradients:
            rows = self.b.reduce("squares", "sum", lambda x: x * x, g, axes=(1,))
            self.layouts[rows] = plain(rows.type.shape)
            squares = self.b.reduce("norm", "sum", lambda x: x, rows, axes=(0,))
            total = squares if total is None else self.b.add(total, squares)
        assert total is not None
        return self.b.pointwise("clip_factor", lambda s: minimum(1, clip / (sqrt(s) + CLIP_EPSILON)), total)

    def _write_many(
        self, name: str, label: str, formulas: Sequence[Callable[..., Expression]], olds: Sequence[Value],
        operands: Sequence[Value],
    ) -> None:  # fmt: skip
        """Compute new values in the places of old ones, unless the loss is not finite."""
        guards = [self.loss] if self.loss is not None else []
        everything = list(dict.fromkeys([*operands, *olds]))

        def guarded(formula: Callable[..., Expression], old: Value) -> Callable[..., Expression]:
            def compute(*x: Expression) -> Expression:
                by_value = dict(zip(everything, x, strict=False))
                new = formula(*(by_value[v] for v in operands))
                if not guards:
                    return new
                return where(equal(x[-1] - x[-1], 0), new, by_value[old])

            return compute

        made = self.b.pointwise_many(
            label, [guarded(f, old) for f, old in zip(formulas, olds, strict=True)], *everything, *guards,
            shape=olds[0].type.shape,
        )  # fmt: skip
        for k, (value, old) in enumerate(zip(made, olds, strict=True)):
            self.places[value], self.layouts[value] = self.places[old], self.layouts[old]
            self.results[f"{name}:{k}"] = value


def _formula(optimizer: Optimizer, which: str | None, *, has_clip: bool) -> Callable[..., Expression]:
    """The formula for the new parameter, or a new state, of values in the order p, g, states, numbers, clip factor."""

    def compute(p: Expression, g: Expression, *rest: Expression) -> Expression:
        states, names = optimizer.states(), optimizer.hyper()
        state = dict(zip(states, rest, strict=False))
        hyper = dict(zip(names, rest[len(states) :], strict=False))
        gradient = g * rest[-1] if has_clip else g
        new, new_states = optimizer.update(p, gradient, state, hyper)
        return new if which is None else new_states[which]

    return compute
