"""The expansion: blocks, loops and conditions become layers, while shapes are inferred as they grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from graphnet.frontend.assembler import Assembler
from graphnet.frontend.expansion.arguments import Arguments
from graphnet.frontend.expansion.block_instances import BlockMaker, inner_twin
from graphnet.frontend.expansion.context import Context, Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator
from graphnet.frontend.expansion.layers import LayerMaker
from graphnet.frontend.expansion.loops import passes
from graphnet.frontend.expansion.namer import Namer, poisoned
from graphnet.frontend.expansion.names import Absent, Binding, BlockMade, Flow, LayerMade, Names, SequentialMade
from graphnet.frontend.expansion.rules import Rules
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.text.entries import (
    Application,
    Broken,
    Condition,
    Entry,
    For,
    Modifiers,
    Repeat,
    Sequential,
    Share,
)
from graphnet.frontend.text.entry_reader import EntryReader
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.yaml_tree import Array
from graphnet.ir.graph import Scope, Value
from graphnet.ir.operator import Operator

MAX_DEPTH: Final = 100
"""How deep entries may lie inside one another, blocks included: where a recursion is taken to be endless."""
MAX_OPERANDS: Final = 256
"""The most values that one entry may consume."""
MAX_ENTRIES: Final = 20_000
"""The most entries that a spec may expand to."""


class EndlessError(Exception):
    """The spec expands to more than anybody could mean; the report says so."""


class Expander:
    """Makes the layers of a network from its entries.

    A problem is reported, and the entry's value is POISON from then on, so that what uses it says nothing more.

    Args:
        assembler: takes the layers.
        rules: takes the patterns of entries and imported specs.
        evaluator: computes values.
        report: takes the problems.
    """

    def __init__(self, assembler: Assembler, rules: Rules, evaluator: Evaluator, report: Report) -> None:
        self._evaluator, self._rules, self._report = evaluator, rules, report
        self._arguments = Arguments(evaluator, report)
        self._namer = Namer(evaluator, report)
        self._layers = LayerMaker(assembler, self._arguments, self._namer, rules, report)
        self._blocks = BlockMaker(self.expand, self._arguments, evaluator, self._namer, rules, report)
        self._count = 0

    def expand(self, entries: Iterable[Entry], context: Context, current: Flow) -> Flow:
        """Make the layers of a list, each of which consumes the value before it.

        Returns:
            the value of the last.

        Raises:
            EndlessError: there are too many, or they lie too deep.
        """
        for entry in entries:
            self._count_one(entry, context)
            current = self._entry(entry, Surroundings(context, current))
        return current

    def _entry(self, entry: Entry, here: Surroundings) -> Flow:
        match entry:
            case Application():
                return self._application(entry, here)
            case Sequential():
                start = self._start(entry.modifiers, entry, here)
                return self._group(entry.entries, entry, start, here)
            case Condition():
                test = self._evaluator.boolean(entry.test, here, "the condition")
                if isinstance(test, Poison):
                    return POISON
                return self.expand(entry.then if test else entry.otherwise, here.context.deeper(), here.previous)
            case For() | Repeat():
                return self._loop(entry, here)
            case Share():
                return self._share(entry, here)
            case Broken():
                return self._broken(entry.modifiers, "broken", entry, here)
        raise TypeError(type(entry))

    def _loop(self, entry: For | Repeat, here: Surroundings) -> Flow:
        current = here.previous
        for variables in passes(entry, here, self._evaluator, self._report):
            self._count_one(entry, here.context)
            self._check_hiding(entry, variables, here)
            current = self.expand(entry.entries, here.context.within_pass(variables), current)
        return current

    # -- operators and blocks ----------------------------------------------------------------------------------

    def _application(self, entry: Application, here: Surroundings) -> Flow:
        head = self._head(entry, here)
        if head is None:
            return self._broken(entry.modifiers, "broken", entry, here)
        vocabulary = here.context.vocabulary
        operator = vocabulary.operator(head)
        if operator is not None:
            return self._operator(operator, entry, here)
        is_frozen = self._is_frozen(entry.modifiers, here)
        block = vocabulary.blocks[head]
        if block is None:  # what is wrong with its definition was reported there
            return self._broken(entry.modifiers, head, entry, here)
        if here.context.depth > MAX_DEPTH:
            self._error("recursion", f"block '{head}' lies too deep inside other blocks", entry, here,
                        f"at most {MAX_DEPTH} entries inside one another", "a recursion that does not end",
                        "a block that uses itself does so under an `if` that becomes false")  # fmt: skip
            raise EndlessError
        given = self._arguments.given_params(block, entry, here)
        operands = self._operands(entry.modifiers, entry, here)
        return self._blocks.make(block, given, operands, entry, here, is_frozen)

    def _head(self, entry: Application, here: Surroundings) -> str | None:
        """The operator's or block's name; None where a param names something else."""
        if "$" not in entry.head.text:
            return entry.head.text
        head = self._evaluator.text(entry.head, here)
        vocabulary = here.context.vocabulary
        if isinstance(head, Poison) or vocabulary.has(head):
            return head if isinstance(head, str) else None
        close = vocabulary.similar(head)
        self._error("unknown-operator", f"there is no operator or block '{shortened(head)}'", entry, here,
                    "the name of an operator or block", f"`{entry.head.text}` is '{shortened(head)}'",
                    f"did you mean `{close}`?" if close else None)  # fmt: skip
        return None

    def _operator(self, definition: type[Operator], entry: Application, here: Surroundings) -> Flow:
        argument = self._arguments.split(definition, entry, here)
        if argument is not None and argument.branches is not None:
            operands = self._branches(argument.branches, entry, here)
        else:
            operands = self._operands(entry.modifiers, entry, here)
        is_frozen = self._is_frozen(entry.modifiers, here)
        return self._layers.make(definition, argument, operands, entry, here, is_frozen)

    def _branches(self, branches: Array, entry: Application, here: Surroundings) -> Sequence[Flow]:
        """The operands that branches make of the current value."""
        start = here.previous
        if entry.modifiers.source is not None:
            start = self._start(entry.modifiers, entry, here)
        if not self._is_few(len(branches.items), entry, here):
            return [POISON]
        inside = here.context.deeper()
        flows = []
        for branch in EntryReader(self._report, here.context.vocabulary).branches(branches):
            self._count_one(entry, here.context)
            flows.append(self.expand(branch, inside, start))
        return [self._present(flow, entry, here) for flow in flows]

    # -- sequentials -------------------------------------------------------------------------------------------

    def _group(
        self, entries: Sequence[Entry], entry: Sequential | Share, start: Flow, here: Surroundings,
        twin: Names | None = None,
    ) -> Flow:  # fmt: skip
        """Expand a sequential: with a name it is a scope, without one it adds nothing."""
        context, modifiers = here.context, entry.modifiers
        is_frozen = self._is_frozen(modifiers, here)
        if modifiers.name is None and twin is None:
            if modifiers.init is not None:
                self._error("modifier", "`init` needs a sequential with a name", entry, here, "a `name`", "none")
            return self.expand(entries, context.deeper(is_frozen=is_frozen), start)
        naming = self._namer.name(modifiers.name, "sequential", entry.span, here)
        rules = self._rules.of_entry(modifiers, naming.path, here)
        twin = twin if twin is not None else inner_twin(context.names, naming.name)
        inner = context.names.inside(Scope(naming.name), is_sealed=False, twin=twin)
        inside = context.deeper(names=inner, is_frozen=is_frozen, inits=(*context.inits, *rules))
        result = self.expand(entries, inside, start)
        made = SequentialMade(tuple(entries), context.variables)
        self._namer.bind(naming, context, Binding(result, naming.span, naming.is_given, inner, None, made))
        return result if naming.is_free else POISON

    # -- share -------------------------------------------------------------------------------------------------

    def _share(self, entry: Share, here: Surroundings) -> Flow:
        original = self._original(entry, here)
        made = original.made if original is not None else None
        if original is None or made is None:
            return self._broken(entry.modifiers, "share", entry, here)
        if isinstance(made, SequentialMade):
            inside = Surroundings(here.context.deeper(variables=made.variables), here.previous)
            return self._group(made.entries, entry, self._start(entry.modifiers, entry, here), inside, original.inner)
        operands = self._operands(entry.modifiers, entry, here)
        if isinstance(made, LayerMade):
            return self._layers.again(made, operands, entry, here)
        assert isinstance(made, BlockMade)
        return self._blocks.make(made.block, made.given, operands, entry, here, here.context.is_frozen, original.inner)

    def _original(self, entry: Share, here: Surroundings) -> Binding | None:
        """What a `share` applies again; None if there is no such thing, which is reported."""
        flow = self._evaluator.flow(entry.of, here)
        if not isinstance(flow, Value):
            return None
        name = self._evaluator.text(entry.of, here)
        binding = here.context.names.binding(name) if isinstance(name, str) else None
        if binding is None or binding.made is None:
            self._error("share", f"'{name}' cannot be shared", entry, here,
                        "a layer, a block instance or a sequential", f"the value '{flow.name}'")  # fmt: skip
            return None
        return binding

    def _broken(self, modifiers: Modifiers, kind: str, entry: Entry, here: Surroundings) -> Flow:
        """The value of an entry that cannot be made; its name stands for it, so that what uses it says nothing."""
        naming = self._namer.name(modifiers.name, kind, entry.span, here)
        if naming.is_given:
            self._namer.bind(naming, here.context, poisoned(naming))
        return POISON

    # -- what entries consume ----------------------------------------------------------------------------------

    def _operands(self, modifiers: Modifiers, entry: Entry, here: Surroundings) -> Sequence[Flow]:
        """The values that an entry reads: those under `from`, or the current one."""
        if modifiers.source is None:
            return [self._present(here.previous, entry, here)]
        if not self._is_few(len(modifiers.source), entry, here):
            return [POISON]
        return [self._evaluator.flow(name, here) for name in modifiers.source]

    def _start(self, modifiers: Modifiers, entry: Entry, here: Surroundings) -> Flow:
        """The value that a list inside an entry begins with."""
        if modifiers.source is None:
            return here.previous
        flows = [self._evaluator.flow(name, here) for name in modifiers.source]
        if len(flows) == 1:
            return flows[0]
        self._error("operands", "several values cannot flow into one list", entry, here, "one name under `from`",
                    f"{len(flows)} names")  # fmt: skip
        return POISON

    def _present(self, flow: Flow, entry: Entry, here: Surroundings) -> Flow:
        if not isinstance(flow, Absent):
            return flow
        self._error("operands", "there is no value to consume here", entry, here, "`from`, with the name of a value",
                    flow.reason)  # fmt: skip
        return POISON

    def _is_frozen(self, modifiers: Modifiers, here: Surroundings) -> bool:
        if modifiers.freeze is None:
            return here.context.is_frozen
        return self._evaluator.boolean(modifiers.freeze, here, "`freeze`") is True or here.context.is_frozen

    def _is_few(self, count: int, entry: Entry, here: Surroundings) -> bool:
        """Whether an operator has a reasonable number of operands; reported if not."""
        if count > MAX_OPERANDS:
            self._error("size", "there are too many operands", entry, here, f"at most {MAX_OPERANDS}", str(count))
        return count <= MAX_OPERANDS

    # -- bounds and problems -----------------------------------------------------------------------------------

    def _count_one(self, entry: Entry, context: Context) -> None:
        self._count += 1
        if self._count > MAX_ENTRIES:
            self._report.error("size", "the network is too large", entry.span, at=context.at(entry.path),
                               expected=f"at most {MAX_ENTRIES} entries with blocks and loops expanded")  # fmt: skip
            raise EndlessError

    def _check_hiding(self, entry: For | Repeat, variables: Mapping[str, Any], here: Surroundings) -> None:
        context = here.context
        for name in variables:
            if name != "index" and name in context.variables:
                self._error("name", f"the loop variable '{name}' hides a param or another loop's variable", entry, here,
                            "a name of its own", f"'{name}' stands for something already")  # fmt: skip

    def _error(
        self, code: str, message: str, entry: Entry, here: Surroundings, expected: str, found: str,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        self._report.error(code, message, entry.span, at=here.context.at(entry.path), expected=expected, found=found,
                           hint=hint)  # fmt: skip
