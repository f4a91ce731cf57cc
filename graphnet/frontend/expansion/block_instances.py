"""Block instances: a block's layers, expanded for what it receives and the params that its user sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphnet.frontend.expansion.arguments import Arguments
from graphnet.frontend.expansion.context import Context, Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator
from graphnet.frontend.expansion.namer import Namer, Naming, poisoned
from graphnet.frontend.expansion.names import Absent, Binding, BlockMade, Flow, Names
from graphnet.frontend.expansion.rules import Rules
from graphnet.frontend.text.entries import Application, Entry, Share
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.vocabulary import Block
from graphnet.ir.graph import Scope

Expansion = Callable[[Iterable[Entry], Context, Flow], Flow]
"""Makes the layers of a list."""


class BlockMaker:
    """Expands blocks, for the first time or again with the parameters of an earlier instance."""

    def __init__(
        self, expand: Expansion, arguments: Arguments, evaluator: Evaluator, namer: Namer, rules: Rules, report: Report
    ) -> None:
        self._expand, self._arguments, self._evaluator = expand, arguments, evaluator
        self._namer, self._rules, self._report = namer, rules, report

    def make(
        self, block: Block, given: Mapping[str, Any] | Poison, operands: Sequence[Flow], entry: Application | Share,
        here: Surroundings, is_frozen: bool, twin: Names | None = None,
    ) -> Flow:  # fmt: skip
        """Expand a block.

        Args:
            block: what to expand.
            given: the params that its user sets.
            operands: what it consumes, one value for each of its inputs.
            entry: what was written.
            here: where.
            is_frozen: whether its parameters are left alone.
            twin: the names inside the instance whose parameters it shares.
        """
        context = here.context
        naming = self._namer.name(entry.modifiers.name, block.name, entry.span, here)
        rules = self._rules.of_entry(entry.modifiers, naming.path, here)
        fits = self._check_operands(block, operands, entry, naming, here)
        if isinstance(given, Poison) or not fits or not naming.is_free:
            self._namer.bind(naming, context, poisoned(naming))
            return POISON
        twin = twin if twin is not None else inner_twin(context.names, naming.name)
        inner = context.names.inside(Scope(naming.name, block.name), is_sealed=True, twin=twin)
        for name, flow in zip(block.inputs, operands, strict=False):
            inner.bindings[name] = Binding(flow, block.span)
        received: Flow = operands[0]
        if len(block.inputs) > 1:
            received = Absent(f"block '{block.name}' has several inputs: {', '.join(block.inputs)}")
        inside = Context(
            names=inner, vocabulary=block.vocabulary, received=received, depth=context.depth + 1, is_frozen=is_frozen,
            trail=context.entered(entry.path, f"{block.name} '{naming.path}'"), inits=(*context.inits, *rules),
        )  # fmt: skip
        variables = self._arguments.all_params(block, given, Surroundings(inside, received))
        inside = replace(inside, variables=variables)
        if twin is None:
            inside = self._with_patterns(inside, block, naming, received)
        result = self._expand(block.layers, inside, received)
        exports = {key.text: self._evaluator.flow(of, Surroundings(inside, result)) for key, of in block.outputs}
        result = self._value(next(iter(exports.values()), result), block, entry, here)
        binding = Binding(result, naming.span, naming.is_given, inner, exports, BlockMade(block, given))
        self._namer.bind(naming, context, binding)
        return result

    def _check_operands(
        self, block: Block, operands: Sequence[Flow], entry: Entry, naming: Naming, here: Surroundings
    ) -> bool:
        wanted = max(1, len(block.inputs))
        if len(operands) == wanted:
            return True
        names = ", ".join(block.inputs)
        self._report.error(
            "operands", f"{block.name} '{naming.path}' cannot take {len(operands)} value{'s' * (len(operands) != 1)}",
            entry.span, at=here.context.at(entry.path), found=str(len(operands)),
            expected=f"{wanted} values: {names}" if wanted > 1 else "one value",
            hint="say `from: [...]` with the names of layers" if wanted > len(operands) else None,
        )  # fmt: skip
        return False

    def _with_patterns(self, inside: Context, block: Block, naming: Naming, received: Flow) -> Context:
        """With the patterns of an imported spec, which speak of its own parameters; its user's go before them."""
        surroundings = Surroundings(inside, received)
        self._rules.freeze(block.freeze, f"{naming.path}.", surroundings)
        own = self._rules.inits(block.init, f"{naming.path}.", surroundings)
        return replace(inside, inits=(*own, *inside.inits))

    def _value(self, result: Flow, block: Block, entry: Entry, here: Surroundings) -> Flow:
        if not isinstance(result, Absent):
            return result
        self._report.error(
            "operands", f"block '{block.name}' gives no value", entry.span, at=here.context.at(entry.path),
            expected="layers, the first of which says `from`", found=result.reason,
        )  # fmt: skip
        return POISON


def inner_twin(names: Names, name: str) -> Names | None:
    """In a shared instance, the names inside the original of an inner block or sequential."""
    if names.twin is None:
        return None
    original = names.twin.bindings.get(name)
    return original.inner if original is not None and original.inner is not None else Names()
