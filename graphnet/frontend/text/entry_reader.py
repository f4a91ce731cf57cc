"""From the tree of a list to its entries, with everything reported that can be told without expanding them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from graphnet.core.diagnostics import nearest
from graphnet.frontend.expansion.arithmetic import FUNCTIONS
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.settings import settings_of
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
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.vocabulary import LAYER_CONTROLS, Vocabulary
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_empty, is_poisoned
from graphnet.ir.definitions import METRICS
from graphnet.ir.operator import REGISTRY

RESERVED: Final = frozenset({"input", "previous", "index", *FUNCTIONS, *keyword.kwlist})
"""Names that params and loop variables cannot have, since expressions give them a meaning."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PARTS: Final = {"for": ("layers",), "repeat": ("layers",), "if": ("then", "else")}
"""The keys that belong to a control word."""
_CONTROL_MODIFIERS: Final = {"for": (), "repeat": (), "if": (), "share": ("name", "from")}
"""What may stand beside a control word that does not take all modifiers."""


@dataclass(frozen=True)
class Grammar:
    """What a list may hold.

    Attributes:
        kind: of its entries, in words.
        modifiers: the keys that may stand beside a head.
        controls: the control words.
        heads: all other heads, for the files of a vocabulary.
        has: whether a word is one of them.
    """

    kind: str
    modifiers: tuple[str, ...]
    controls: tuple[str, ...]
    heads: Callable[[Vocabulary], Iterable[str]]
    has: Callable[[Vocabulary, str], bool]


def _is_loss(vocabulary: Vocabulary, word: str) -> bool:
    return word in REGISTRY and REGISTRY[word].kind != "layer"


LAYERS: Final = Grammar(
    "operator or block", ("name", "from", "freeze", "init"), LAYER_CONTROLS,
    lambda vocabulary: [*vocabulary.blocks, *REGISTRY], Vocabulary.has,
)  # fmt: skip
LOSSES: Final = Grammar(
    "loss", ("name", "from", "weight"), ("if",),
    lambda _: [name for name, op in REGISTRY.items() if op.kind != "layer"], _is_loss,
)  # fmt: skip
METRIC_LIST: Final = Grammar(
    "metric", ("name", "from"), ("if",), lambda _: list(METRICS), lambda _, word: word in METRICS
)


class EntryReader:
    """Reads the lists of one file.

    Args:
        report: takes the problems.
        vocabulary: the file's heads; the names of blocks must be known already.
        grammar: layers, losses or metrics.
    """

    def __init__(self, report: Report, vocabulary: Vocabulary, grammar: Grammar = LAYERS) -> None:
        self._report, self._vocabulary, self._grammar = report, vocabulary, grammar

    def entries(self, tree: Tree | None) -> tuple[Entry, ...]:
        """The entries of a list; none for an empty value."""
        if tree is None or is_empty(tree) or is_poisoned(tree):
            return ()
        if not isinstance(tree, Array):
            self._error("type", "a list of entries must stand here", tree, expected="a list", found=tree.kind,
                        hint="begin each entry with `- `")  # fmt: skip
            return ()
        return tuple(self._entry(item) for item in tree.items)

    def branches(self, tree: Array) -> tuple[tuple[Entry, ...], ...]:
        """The branches of an operator of several operands; each is one entry or a list of entries."""
        known = self._vocabulary.branches
        if id(tree) not in known:
            read = (self.entries(item) if isinstance(item, Array) else (self._entry(item),) for item in tree.items)
            known[id(tree)] = tuple(read)
        return known[id(tree)]

    # -- one entry ---------------------------------------------------------------------------------------------

    def _entry(self, tree: Tree) -> Entry:
        if isinstance(tree, Table):
            return self._table(tree)
        broken = Broken(tree.span, tree.path, Modifiers())
        if is_poisoned(tree):
            return broken
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
            self._error(
                "type",
                "an entry must stand here",
                tree,
                expected=f"the name of an {self._grammar.kind}",
                found=tree.kind,
                hint="`sequential: [...]` groups entries" if isinstance(tree, Array) else None,
            )
            return broken
        if tree.text in self._grammar.controls:
            self._error("type", f"`{tree.text}` stands alone", tree, expected=f"`{tree.text}: ...`", found="no value")
            return broken
        if not self._is_head(tree.text):
            self._unknown_head(tree, tree.path)
            return broken
        nothing = Scalar(tree.span, tree.path, "", None)
        return Application(tree.span, tree.path, tree, nothing, Modifiers())

    def _table(self, table: Table) -> Entry:
        others = [key for key, _ in table.entries if key.text not in self._grammar.modifiers]
        heads = [key for key in others if self._is_head(key.text)]
        if len(heads) != 1:
            self._no_head(table, others, heads)
            return Broken(table.span, table.path, self._modifiers(table, None))
        head = heads[0]
        parts = _PARTS.get(head.text, ()) if head.text in self._grammar.controls else ()
        for key in others:
            if key is not head and key.text not in parts:
                self._unknown_key(table, head, key)
        modifiers = self._modifiers(table, head)
        argument = table.get(head.text)
        assert argument is not None
        if head.text in self._grammar.controls:
            entry = self._control(table, head, argument, modifiers)
            return Broken(head.span, table.path, modifiers) if entry is None else entry
        operator = self._vocabulary.operator(head.text) if self._grammar is LAYERS else None
        if operator is not None and operator.arity != 1:
            branches = argument.get("branches") if isinstance(argument, Table) else argument
            if isinstance(branches, Array):
                self.branches(branches)  # so that their mistakes are found where nothing expands them, too
        return Application(head.span, table.path, head, argument, modifiers)

    def _control(self, table: Table, head: Scalar, argument: Tree, modifiers: Modifiers) -> Entry | None:
        span, path = head.span, table.path
        match head.text:
            case "sequential":
                return Sequential(span, path, self.entries(argument), modifiers)
            case "share":
                of = self._reference(argument, "share")
                return Share(span, path, of, modifiers) if of else None
            case "repeat":
                return Repeat(span, path, argument, self._part(table, head, "layers"))
            case "for":
                return self._loop(table, head, argument)
        if table.get("then") is None and table.get("else") is None:
            self._error("missing-key", "`if` decides nothing", head, at=path, expected="`then`, `else` or both",
                        found="neither", hint="`then` stands at the depth of `if`")  # fmt: skip
        return Condition(span, path, argument, self.entries(table.get("then")), self.entries(table.get("else")))

    def _part(self, table: Table, head: Scalar, name: str) -> tuple[Entry, ...]:
        if table.get(name) is None:
            self._error("missing-key", f"`{head.text}` needs `{name}`", head, at=table.path,
                        expected=f"`{name}: [...]`", found="no such key",
                        hint=f"`{name}` stands at the depth of `{head.text}`")  # fmt: skip
        return self.entries(table.get(name))

    def _loop(self, table: Table, head: Scalar, argument: Tree) -> Entry | None:
        entries = self._part(table, head, "layers")
        if is_poisoned(argument):
            return None
        if not isinstance(argument, Table) or not argument.entries:
            self._error("type", "`for` needs variables", argument, at=table.path, found=argument.kind,
                        expected="`{width: [64, 128]}`, or `width, count:` and rows")  # fmt: skip
            return None
        rows = [key for key, _ in argument.entries if "," in key.text]
        if rows and len(argument.entries) > 1:
            self._error("for", "`for` has rows or columns, not both", rows[0],
                        expected="one key with commas, or keys without",
                        found=", ".join(f"`{key.text}`" for key, _ in argument.entries))  # fmt: skip
            return None
        names = [(part.strip(), key) for key, _ in argument.entries for part in key.text.split(",")]
        if [name for name, key in names if not self.variable(name, key, "loop variable")]:
            return None
        variables = tuple(name for name, _ in names)
        twice = next((name for k, name in enumerate(variables) if name in variables[:k]), None)
        if twice:
            self._error("name", f"the loop variable '{twice}' comes twice", names[0][1], expected="each variable once",
                        found=", ".join(variables))  # fmt: skip
            return None
        if rows:
            return For(head.span, table.path, variables, argument.entries[0][1], (), entries)
        return For(head.span, table.path, variables, None, tuple(value for _, value in argument.entries), entries)

    def variable(self, name: str, key: Scalar, kind: str) -> bool:
        """Report a name that expressions could not use; True if they can."""
        if _IDENTIFIER.fullmatch(name) and name not in RESERVED:
            return True
        why = "expressions give it a meaning" if name in RESERVED else "expressions could not name it"
        self._error("name", f"a {kind} cannot be called '{shortened(name)}': {why}", key,
                    expected="a name of letters, digits and _", found=f"'{shortened(name)}'")  # fmt: skip
        return False

    # -- modifiers ---------------------------------------------------------------------------------------------

    def _modifiers(self, table: Table, head: Scalar | None) -> Modifiers:
        """The modifiers beside a head; where there is none, those that can be read."""
        given = {key.text: (key, value) for key, value in table.entries if key.text in self._grammar.modifiers}
        if head is not None and head.text in self._grammar.controls and head.text in _CONTROL_MODIFIERS:
            allowed = _CONTROL_MODIFIERS[head.text]
            for word in [word for word in given if word not in allowed]:
                key, _ = given.pop(word)
                self._error("modifier", f"`{head.text}` takes no `{word}`", key, at=table.path, found=f"`{word}`",
                            expected=" and ".join(f"`{a}`" for a in allowed) or "no modifiers",
                            hint="give it to the entries inside" if not allowed else None)  # fmt: skip
        values = {word: value for word, (_, value) in given.items() if not is_poisoned(value)}
        name, source, init = values.get("name"), values.get("from"), values.get("init")
        if init is not None and not isinstance(init, Table):
            self._error("type", "`init` needs patterns", init, expected="`{weight: zeros}`", found=init.kind,
                        hint="say which parameters, by name or pattern")  # fmt: skip
        named = self._reference(name, "name") if name is not None else None
        if named is not None and "$" not in named.text:
            self._vocabulary.named.add(named.text)
        return Modifiers(
            name=named,
            source=self._sources(source) if source is not None else None,
            freeze=values.get("freeze"),
            init=init if isinstance(init, Table) else None,
            weight=values.get("weight"),
        )

    def _sources(self, tree: Tree) -> tuple[Scalar, ...] | None:
        items = tree.items if isinstance(tree, Array) else (tree,)
        read = [self._reference(item, "from") for item in items]
        if not items:
            self._error("type", "`from` names nothing", tree, expected="a name or several", found="an empty list")
        return tuple(r for r in read if r is not None) if items and all(read) else None

    def _reference(self, tree: Tree, where: str) -> Scalar | None:
        """A name, which may look like a number."""
        if isinstance(tree, Scalar) and tree.text and not tree.is_null and tree.value is not POISON:
            return tree
        if not is_poisoned(tree):
            self._error("type", f"`{where}` needs a name", tree, expected="a name", found=tree.kind)
        return None

    # -- heads -------------------------------------------------------------------------------------------------

    def _is_head(self, word: str) -> bool:
        grammar = self._grammar
        return word in grammar.controls or "$" in word or grammar.has(self._vocabulary, word)

    def _no_head(self, table: Table, others: list[Scalar], heads: list[Scalar]) -> None:
        """Report an entry with several heads, with an unknown one, or without."""
        if heads:
            names = " and ".join(f"`{key.text}`" for key in heads)
            self._error("heads", f"an entry has one head, not {names}", heads[1], at=table.path, expected="one head",
                        found=f"{len(heads)}", hint="begin a new entry with `- `")  # fmt: skip
        elif others and others[0].text in ("then", "else", "layers"):
            self._error("heads", f"`{others[0].text}` stands without its `if`, `for` or `repeat`", others[0],
                        at=table.path, expected="the keys of one entry together", found="an entry of its own",
                        hint="inside [...], braces keep them together: `[{if: ..., then: [...]}]`")  # fmt: skip
        elif others:
            self._unknown_head(others[0], table.path)
        else:
            self._error("heads", "an entry without a head", table, expected=f"an {self._grammar.kind}",
                        found=", ".join(f"`{key.text}`" for key, _ in table.entries) or "an empty mapping",
                        hint="`identity` passes a value on under a name")  # fmt: skip

    def _unknown_head(self, key: Scalar, at: str) -> None:
        kind, word = self._grammar.kind, shortened(key.text, 40)
        if self._grammar is LAYERS:
            close = self._vocabulary.similar(word)
            expected = f"an {kind}"
            hint: str | None = "`graphnet ops` lists the operators"
        else:
            known = sorted(self._grammar.heads(self._vocabulary))
            close = nearest(word, known)
            expected = f"one of: {', '.join(known)}"
            hint = "it belongs under `layers`" if word in REGISTRY and REGISTRY[word].kind == "layer" else None
        self._error(f"unknown-{kind.split()[0]}", f"there is no {kind} '{word}'", key, at=at, expected=expected,
                    found=f"'{word}'", hint=f"did you mean `{close}`?" if close else hint)  # fmt: skip

    def _unknown_key(self, table: Table, head: Scalar, key: Scalar) -> None:
        operator = self._vocabulary.operator(head.text)
        block = self._vocabulary.blocks.get(head.text)
        attributes = list(settings_of(operator)) if operator else [p.name for p in block.params] if block else []
        is_control = head.text in self._grammar.controls
        modifiers = (
            _CONTROL_MODIFIERS.get(head.text, self._grammar.modifiers) if is_control else self._grammar.modifiers
        )
        parts = [*modifiers, *_PARTS.get(head.text, ())]
        close = nearest(key.text, parts)
        if key.text in attributes:
            hint: str | None = f"it is an attribute: write `{head.text}: {{{key.text}: ...}}`"
        elif close:
            hint = f"did you mean `{close}`?"
        else:
            hint = f"attributes stand inside `{head.text}: {{...}}`, indented deeper than it"
        word = shortened(key.text)
        self._error("unknown-key", f"'{word}' cannot stand beside `{head.text}`", key, at=table.path,
                    expected=", ".join(f"`{p}`" for p in parts), found=f"`{word}`", hint=hint)  # fmt: skip

    def _error(
        self, code: str, message: str, tree: Tree, *, at: str | None = None, expected: str | None = None,
        found: str | None = None, hint: str | None = None,
    ) -> None:  # fmt: skip
        self._report.error(code, message, tree.span, at=at or tree.path, expected=expected, found=found, hint=hint)
