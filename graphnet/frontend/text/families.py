"""Specs that are made of several files: `extends` and `import`, below one root."""

from __future__ import annotations

from pathlib import Path

from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.core.source import SourceSpan
from graphnet.frontend.expansion.templates import shortened
from graphnet.frontend.text.report import Report
from graphnet.frontend.text.spec import Spec
from graphnet.frontend.text.spec_reader import Sections, check_sections, read_spec
from graphnet.frontend.text.yaml_composer import compose
from graphnet.frontend.text.yaml_tree import MAX_BYTES, Scalar, Table, Tree, child_path

MAX_CHAIN = 16
"""The most files that extend or import one another in a row."""


def root_of(path: Path) -> Path:
    """The folder that a spec and all it refers to lie in.

    That is the working directory if the file is below it, or the nearest folder around the file that is called
    `specs`: the outer one of the two. Where there is neither, it is the file's folder.
    """
    here = Path.cwd().resolve()
    try:
        folder = path.resolve().parent
    except (OSError, ValueError, RuntimeError):  # no path at all: reading it says so
        return here
    around = (folder, *folder.parents)
    named = next((parent for parent in around if parent.name == "specs"), None)
    roots = [parent for parent in around if parent in (here, named)]
    return roots[-1] if roots else folder


def read_text(path: Path, shown: str) -> str:
    """The text of a spec file.

    Raises:
        SpecError: there is no such file, or it cannot be a spec.
    """
    try:
        if not path.is_file():
            kind = "it is a folder" if path.is_dir() else "there is no such file"
            raise SpecError(Diagnostic("file", f"cannot read '{shown}': {kind}", expected="a spec file"))
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(Diagnostic("size", f"'{shown}' is too long", expected=f"at most {MAX_BYTES // 1024} KiB"))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#04x} at position {error.start}"
        raise SpecError(Diagnostic("file", f"'{shown}' is not text", expected="UTF-8", found=found)) from None
    except (OSError, ValueError) as error:
        message = f"cannot read '{shortened(shown)}': {getattr(error, 'strerror', None) or error}"
        raise SpecError(Diagnostic("file", message, expected="a spec file")) from None


class Library:
    """Reads specs and the files that they extend and import, each import once.

    Args:
        root: what no path may leave; None for a text without files.
        report: takes the problems.
    """

    def __init__(self, root: Path | None, report: Report) -> None:
        self._root = root
        self._report = report
        self._folders: dict[str, Path] = {}  # by the name of a file in spans
        self._imported: dict[Path, Spec | None] = {}
        self._open: list[Path] = []  # the chain of files that are being read

    def spec(self, text: str, shown: str, path: Path | None) -> Spec | None:
        """Read a spec with all it extends; None if it, or what it extends, cannot be read.

        Args:
            text: of the file.
            shown: the name of the file for messages.
            path: of the file, if there is one.
        """
        sections = self._sections(text, shown, path)
        if sections is None:
            return None
        is_whole = "extends" not in sections
        spec = read_spec(sections, shown, self._report, self._import, is_whole=is_whole)
        return spec if is_whole else None  # a part was read for its own problems' sake

    def _sections(self, text: str, shown: str, path: Path | None) -> Sections | None:
        """A file's sections with those it inherits; `extends` is among them where it could not be followed."""
        before = len(self._report.errors)
        tree = compose(text, shown, self._report)
        if path is not None:
            self._folders[shown] = path.parent
        elif self._root is not None:
            self._folders[shown] = self._root
        if tree is None or not isinstance(tree, Table):
            if len(self._report.errors) == before:
                span = tree.span if tree is not None else SourceSpan(shown, 1, 1, 1, 1)
                self._report.error("type", "this is no spec", span, expected="a mapping that begins `graphnet: 1`",
                                   found=tree.kind if tree is not None else "an empty file")  # fmt: skip
            return None
        check_sections(tree, self._report)
        own = {key.text: (key, value) for key, value in tree.entries}
        inherited = self._inherited(own["extends"][1]) if "extends" in own else {}
        if inherited is None:
            return own
        own.pop("extends", None)
        return _merged(inherited, own)

    def _inherited(self, extends: Tree) -> Sections | None:
        """The sections of the file that is extended; None where it cannot be read."""
        if not isinstance(extends, Scalar) or not isinstance(extends.value, str):
            self._error("type", "`extends` needs a path", extends, "a path to a spec", extends.kind)
            return None
        located = self._locate(extends)
        if located is None:
            return None
        path, shown, text = located
        self._open.append(path)
        try:
            return self._sections(text, shown, path)
        finally:
            self._open.pop()

    def _import(self, name: Scalar, value: Scalar) -> Spec | None:
        located = self._locate(value)
        if located is None:
            return None
        path, shown, text = located
        if path not in self._imported:
            self._open.append(path)
            try:
                self._imported[path] = self.spec(text, shown, path)
            finally:
                self._open.pop()
        return self._imported[path]

    # -- files -------------------------------------------------------------------------------------------------

    def open(self, path: Path, shown: str) -> Spec | None:
        """Read the file that the user named.

        Raises:
            SpecError: it cannot be read at all.
        """
        text = read_text(path, shown)
        self._open.append(path.resolve())
        return self.spec(text, shown, path.resolve())

    def _locate(self, scalar: Scalar) -> tuple[Path, str, str] | None:
        """The file that a path in a spec means, its name for messages, and its text."""
        given = scalar.text
        folder = self._folders.get(scalar.span.file)
        if folder is None or self._root is None:
            self._error("file", "a text without a file cannot refer to files", scalar,
                        "a spec that was read from a file", f"'{shortened(given)}'",
                        "give `root=` the folder that the paths start from")  # fmt: skip
            return None
        try:
            path = (folder / given).resolve()
        except (OSError, ValueError, RuntimeError):
            self._error("file", "this is no path", scalar, "a path to a spec", f"'{shortened(given)}'")
            return None
        if not path.is_relative_to(self._root) or Path(given).is_absolute():
            self._error("file", f"the path '{shortened(given)}' leaves the folder of the specs", scalar,
                        "a relative path below that folder", f"'{shortened(given)}'",
                        "open the spec from a working directory that contains both")  # fmt: skip
            return None
        if path in self._open or len(self._open) >= MAX_CHAIN:
            message = "the file refers to itself" if path in self._open else "too many files refer to one another"
            chain = " > ".join([*(p.name for p in self._open), path.name])
            self._error("cycle", message, scalar, "files that end somewhere", chain)
            return None
        shown = self._shown(path)
        try:
            return path, shown, read_text(path, shown)
        except SpecError as error:
            problem = error.diagnostics[0]
            self._error(problem.code, problem.message, scalar, problem.expected or "a spec file",
                        problem.found or f"'{shortened(given)}'")  # fmt: skip
            return None

    def _shown(self, path: Path) -> str:
        """A file as messages name it: from the working directory where that contains it."""
        here = Path.cwd().resolve()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    def _error(self, code: str, message: str, tree: Tree, expected: str, found: str, hint: str | None = None) -> None:
        self._report.error(code, message, tree.span, at=tree.path, expected=expected, found=found, hint=hint)


def _merged(inherited: Sections, own: Sections) -> Sections:
    """What a spec has that extends another: params merge one by one, other keys replace, budgets are not inherited."""
    merged = {name: section for name, section in inherited.items() if name != "assert"} | dict(own)
    if "params" in inherited and "params" in own:
        (_, theirs), (key, ours) = inherited["params"], own["params"]
        if isinstance(theirs, Table) and isinstance(ours, Table):
            given = {name.text: (name, value) for name, value in ours.entries}
            kept = [(name, given.pop(name.text)[1] if name.text in given else value) for name, value in theirs.entries]
            merged["params"] = (key, Table(ours.span, child_path("", "params"), (*kept, *given.values())))
    return merged
