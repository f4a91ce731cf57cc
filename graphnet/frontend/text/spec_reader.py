"""From the sections of a file to a spec, with everything reported that can be told without expanding it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

from graphnet.core.diagnostics import nearest
from graphnet.core.source import SourceSpan
from graphnet.frontend.expansion.expression_syntax import check_syntax, mentioned
from graphnet.frontend.expansion.templates import ExpressionError, shortened
from graphnet.frontend.text.entries import Entry
from graphnet.frontend.text.entry_reader import LAYERS, LOSSES, METRIC_LIST, EntryReader
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.spec import SECTIONS, VERSION, Spec
from graphnet.frontend.text.vocabulary import LAYER_CONTROLS, Block, Param, Vocabulary
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_empty, is_poisoned, scalars
from graphnet.ir.operator import REGISTRY

Sections = Mapping[str, tuple[Scalar, Tree]]
"""The top-level keys of a spec with their values; they may come from several files."""
Importer = Callable[[Scalar, Scalar], Spec | None]
"""Reads the spec that a name is to import from a path."""

_NAME: Final = re.compile(r"\w[\w.+-]*", re.ASCII)
_BLOCK_PARTS: Final = ("doc", "params", "inputs", "layers", "outputs")


def check_sections(table: Table, report: Report) -> None:
    """Report keys that no spec has, and a version that is not ours. Each file has its own."""
    for key, _ in table.entries:
        if key.text not in SECTIONS:
            close = nearest(key.text, SECTIONS)
            report.error(
                "unknown-key", f"a spec has no key '{shortened(key.text)}'", key.span, expected=", ".join(SECTIONS),
                found=f"`{shortened(key.text)}`", hint=f"did you mean `{close}`?" if close else None,
            )  # fmt: skip
    version = table.get("graphnet")
    if version is None:
        start = SourceSpan(table.span.file, 1, 1, 1, 1)
        report.error("version", "the spec does not say its version", start, expected=f"`graphnet: {VERSION}`",
                     found="no such key", hint=f"begin the file with `graphnet: {VERSION}`")  # fmt: skip
    elif not (isinstance(version, Scalar) and version.value == VERSION and not isinstance(version.value, bool)):
        report.error("version", "this graphnet does not read that version of the language", version.span,
                     at="graphnet", expected=str(VERSION), found=version.kind)  # fmt: skip


def read_spec(sections: Sections, file: str, report: Report, importer: Importer, *, is_whole: bool) -> Spec:
    """Type the sections of a spec.

    Args:
        sections: those of the file, with those it inherits.
        file: as it was opened; the network is called so if it has no name.
        report: takes the problems.
        importer: reads what is imported.
        is_whole: False if what the spec extends is missing, and so nothing else can be called missing.
    """
    return _SpecReader(sections, report, importer, is_whole).spec(file)


class _SpecReader:
    def __init__(self, sections: Sections, report: Report, importer: Importer, is_whole: bool) -> None:
        self._sections, self._report, self._import = sections, report, importer
        self._is_whole = is_whole
        self._vocabulary = Vocabulary()
        self._entries = EntryReader(report, self._vocabulary)

    def spec(self, file: str) -> Spec:
        self._syntax()
        params = self._params(self._section("params"))
        self._vocabulary.params.update(param.name for param in params)
        self._imports()
        definitions = self._block_names()
        for key, value in definitions:
            self._vocabulary.blocks[key.text] = self._block(key, value)
        layers = self._layers(self._section("layers"), SourceSpan(file, 1, 1, 1, 1), "the spec")
        spec = Spec(
            span=SourceSpan(file, 1, 1, 1, 1),
            name=self._name(file),
            doc=self._doc(self._section("doc")),
            params=params,
            inputs=self._inputs(file),
            layers=layers,
            vocabulary=self._vocabulary,
            outputs=self._outputs(self._section("outputs")),
            losses=EntryReader(self._report, self._vocabulary, LOSSES).entries(self._section("loss")),
            metrics=EntryReader(self._report, self._vocabulary, METRIC_LIST).entries(self._section("metrics")),
            freeze=self._section("freeze"),
            init=self._table("init", "patterns and how their parameters start"),
            budgets=self._table("assert", "budgets"),
            train=self._table("train", "a recipe"),
        )
        if self._is_whole:
            self._unused_params(spec.params)
        return spec

    # -- sections ----------------------------------------------------------------------------------------------

    def _section(self, name: str) -> Tree | None:
        found = self._sections.get(name)
        return None if found is None or is_empty(found[1]) or is_poisoned(found[1]) else found[1]

    def _table(self, name: str, what: str) -> Table | None:
        return self._as_table(self._section(name), what)

    def _as_table(self, tree: Tree | None, what: str) -> Table | None:
        if tree is None or isinstance(tree, Table):
            return tree
        if not is_poisoned(tree) and not is_empty(tree):
            self._error("type", f"{what} must stand here", tree, expected="a mapping", found=tree.kind)
        return None

    def _name(self, file: str) -> str:
        tree = self._section("name")
        if tree is None:
            stem = PurePath(file).stem
            return stem if _NAME.fullmatch(stem) else "network"
        if isinstance(tree, Scalar) and _NAME.fullmatch(tree.text):
            return tree.text
        found = f"'{shortened(tree.text)}'" if isinstance(tree, Scalar) else tree.kind
        self._error("name", "this cannot be the network's name", tree,
                    expected="letters, digits, `_`, `-`, `.` and `+`", found=found)  # fmt: skip
        return "network"

    def _doc(self, tree: Tree | None) -> str:
        if tree is None or is_empty(tree):
            return ""
        if isinstance(tree, Scalar):
            return tree.text.strip()
        self._error("type", "`doc` is a sentence", tree, expected="text", found=tree.kind)
        return ""

    def _inputs(self, file: str) -> tuple[tuple[Scalar, Tree], ...]:
        table = self._table("inputs", "names and shapes of inputs")
        if table is not None and table.entries:
            return table.entries
        if self._section("inputs") is None and self._is_whole:
            span = self._sections["inputs"][0].span if "inputs" in self._sections else SourceSpan(file, 1, 1, 1, 1)
            self._report.error("missing-key", "the spec has no inputs", span, expected="`inputs: {image: [3, 32, 32]}`",
                               found="no such key" if "inputs" not in self._sections else "nothing")  # fmt: skip
        elif table is not None:
            self._error("missing-key", "the spec has no inputs", table, expected="at least one", found="none")
        return ()

    def _layers(self, tree: Tree | None, span: SourceSpan, owner: str) -> tuple[Entry, ...]:
        if (tree is None or (isinstance(tree, Array) and not tree.items)) and self._is_whole:
            place = tree.span if tree is not None else span
            self._report.error("missing-key", f"{owner} has no layers", place, expected="`layers: [...]`", found="none")
        return self._entries.entries(tree)

    def _outputs(self, tree: Tree | None) -> tuple[tuple[Scalar, Scalar], ...]:
        table = self._as_table(tree, "outputs: names and the values that they give")
        found = []
        for key, value in table.entries if table else ():
            if isinstance(value, Scalar) and not value.is_null and value.value is not POISON:
                found.append((key, value))
            elif not is_poisoned(value):
                self._error("type", f"output '{shortened(key.text)}' names no value", value,
                            expected="the name of a layer", found=value.kind)  # fmt: skip
        return tuple(found)

    def _params(self, tree: Tree | None) -> tuple[Param, ...]:
        table = self._as_table(tree, "params: names and defaults")
        found = []
        for key, value in table.entries if table else ():
            if key.text in LAYERS.modifiers:
                self._error("name", f"a param cannot be called '{key.text}': that is a modifier", key,
                            expected="a name of its own", found=f"'{key.text}'")  # fmt: skip
            self._entries.variable(key.text, key, "param")
            found.append(Param(key.text, key, None if is_empty(value) else value))
        return tuple(found)

    # -- blocks and imports ------------------------------------------------------------------------------------

    def _imports(self) -> None:
        table = self._table("import", "imports: names and paths")
        for key, value in table.entries if table else ():
            self._vocabulary.blocks[key.text] = None
            if not self._is_free(key):
                continue
            if isinstance(value, Scalar) and isinstance(value.value, str):
                spec = self._import(key, value)
                self._vocabulary.blocks[key.text] = spec.as_block(key.text) if spec else None
            elif not is_poisoned(value):
                self._error("type", f"import '{shortened(key.text)}' needs a path", value, expected="a path to a spec",
                            found=value.kind)  # fmt: skip

    def _block_names(self) -> list[tuple[Scalar, Table]]:
        """Declare all blocks before their entries are read, so that they can use each other."""
        table = self._table("blocks", "blocks: names and definitions")
        found = []
        for key, value in table.entries if table else ():
            if key.text in self._vocabulary.blocks:
                self._error("name", f"'{shortened(key.text)}' is imported already", key, expected="a name of its own",
                            found="a block of the same name")  # fmt: skip
                continue
            self._vocabulary.blocks[key.text] = None
            definition = self._as_table(value, "a block: `params`, `layers`, ...")
            if self._is_free(key) and definition is not None:
                found.append((key, definition))
        return found

    def _is_free(self, key: Scalar) -> bool:
        """Whether a block can have this name."""
        taken = "an operator" if key.text in REGISTRY else "a control word" if key.text in LAYER_CONTROLS else None
        if taken:
            self._error("name", f"a block cannot be called '{key.text}': {taken} is", key, expected="a name of its own",
                        found=f"'{key.text}'")  # fmt: skip
        elif key.text in LAYERS.modifiers or not re.fullmatch(r"[A-Za-z_]\w*", key.text, re.ASCII):
            self._error("name", f"a block cannot be called '{shortened(key.text)}'", key,
                        expected="a name of letters, digits and _", found=f"'{shortened(key.text)}'")  # fmt: skip
        else:
            return True
        return False

    def _block(self, key: Scalar, definition: Table) -> Block:
        for part, _ in definition.entries:
            if part.text not in _BLOCK_PARTS:
                close = nearest(part.text, _BLOCK_PARTS)
                self._error("unknown-key", f"a block has no key '{shortened(part.text)}'", part,
                            expected=", ".join(_BLOCK_PARTS), found=f"`{shortened(part.text)}`",
                            hint=f"did you mean `{close}`?" if close else None)  # fmt: skip
        return Block(
            name=key.text,
            span=key.span,
            path=key.path,
            doc=self._doc(definition.get("doc")),
            params=self._params(definition.get("params")),
            inputs=self._block_inputs(definition.get("inputs")),
            layers=self._layers(definition.get("layers"), key.span, f"block '{key.text}'"),
            outputs=self._outputs(definition.get("outputs")),
            vocabulary=self._vocabulary,
        )

    def _block_inputs(self, tree: Tree | None) -> tuple[str, ...]:
        if tree is None or is_empty(tree) or is_poisoned(tree):
            return ()
        items = tree.items if isinstance(tree, Array) else ()
        names = [item.text for item in items if isinstance(item, Scalar) and not item.is_null]
        if not items or len(names) < len(items):
            self._error("type", "`inputs` of a block lists their names", tree, expected="`[x, skip]`", found=tree.kind,
                        hint="their shapes come from where the block is used")  # fmt: skip
        elif len(set(names)) < len(names):
            self._error("name", "two inputs have one name", tree, expected="distinct names", found=", ".join(names))
        return tuple(dict.fromkeys(names))

    # -- expressions -------------------------------------------------------------------------------------------

    def _syntax(self) -> None:
        """Report expressions that cannot be read, wherever they stand: in arms and blocks that are not used, too."""
        for name, (_, tree) in self._sections.items():
            for scalar in () if name in ("doc", "name", "graphnet") else scalars(tree):
                if isinstance(scalar.value, str) and "$" in scalar.value and not scalar.path.endswith(".doc"):
                    try:
                        check_syntax(scalar.value)
                    except ExpressionError as error:
                        self._error(error.code, error.message, scalar, expected=error.expected, found=error.found,
                                    hint=error.hint)  # fmt: skip

    def _unused_params(self, params: tuple[Param, ...]) -> None:
        """Used means mentioned: outside of blocks, which have params of their own."""
        used: set[str] = set()
        for name, (_, tree) in self._sections.items():
            if name not in ("blocks", "doc", "name"):
                used.update(*(mentioned(s.text) for s in scalars(tree) if "$" in s.text))
        for param in params:
            if param.name not in used and param.name.isidentifier():
                others = [p.name for p in params if p is not param]
                close = nearest(param.name, others)
                self._error("unused-param", f"nothing uses the param '{param.name}'", param.key,
                            expected=f"`${param.name}` somewhere outside of blocks, which are sealed",
                            found="no mention", hint=f"did you mean `{close}`?" if close else None)  # fmt: skip

    def _error(
        self, code: str, message: str, tree: Tree, *, expected: str | None = None, found: str | None = None,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        self._report.error(code, message, tree.span, at=tree.path or None, expected=expected, found=found, hint=hint)
