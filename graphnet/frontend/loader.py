"""From a spec to a network: `load` reads a file, `loads` a text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from graphnet.core.diagnostics import AttributeProblem, Diagnostic, InternalError, SpecError, nearest
from graphnet.core.types import DType, TensorType, product
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.expansion.arithmetic import bounded
from graphnet.frontend.expansion.assertions import Assertions
from graphnet.frontend.expansion.context import Context, Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator, in_words
from graphnet.frontend.expansion.expand import EndlessError, Expander
from graphnet.frontend.expansion.layers import MAX_SIZE
from graphnet.frontend.expansion.names import Absent, Binding, Flow, Names
from graphnet.frontend.expansion.objectives import Objectives
from graphnet.frontend.expansion.recipes import check_augmentations, check_patterns, read_recipe
from graphnet.frontend.expansion.rules import Rules
from graphnet.frontend.expansion.templates import ExpressionError, shortened
from graphnet.frontend.network import Network
from graphnet.frontend.problems import diagnose
from graphnet.frontend.suspicions import find_suspicions
from graphnet.frontend.text.families import Library, root_of
from graphnet.frontend.text.report import POISON, Poison, Report
from graphnet.frontend.text.spec import Spec
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, is_poisoned
from graphnet.ir.graph import Value
from graphnet.ops.families.attributes import MAX_EXTENT

MAX_RANK: Final = 7
"""The most axes of an input, without the batch axis."""


def load(path: str | Path, /, **params: Any) -> Network:
    """Read a spec file and make its network; nothing is compiled.

    Args:
        path: of the file. What it extends or imports lies below the working directory, if that contains the file,
            or the nearest folder around the file that is called `specs`; or else below the file's own folder.
        params: values for the spec's params; then its budgets (`assert`) are not checked.

    Raises:
        SpecError: with everything that is wrong with the spec.
    """
    shown = str(path)
    report = Report()
    spec = Library(root_of(Path(path)), report).open(Path(path), shown)
    return _Builder(report).network(spec, params, Path(path))


def loads(text: str, /, *, name: str = "<text>", root: str | Path | None = None, **params: Any) -> Network:
    """Make the network of a spec that is given as text.

    Args:
        text: the spec.
        name: stands for the file's name in messages.
        root: the folder that paths start from and never leave; without it, the spec cannot extend or import.
        params: values for the spec's params; then its budgets (`assert`) are not checked.

    Raises:
        SpecError: with everything that is wrong with the spec.
    """
    report = Report()
    spec = Library(None if root is None else Path(root).resolve(), report).spec(text, name, None)
    return _Builder(report).network(spec, params, None)


class _Builder:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._evaluator = Evaluator(report)
        self._rules = Rules(self._evaluator, report)

    def network(self, spec: Spec | None, params: Mapping[str, Any], path: Path | None) -> Network:
        """Expand a spec, step by step as far as that is possible, and raise all that was found."""
        report = self._report
        if spec is None:
            report.raise_errors()
            raise InternalError("front end", "a spec was refused without a reason")
        assembler = Assembler(spec.name, spec.doc)
        names = Names()
        variables = self._params(spec, params, names)
        here = self._surroundings(spec, variables, names, assembler)
        flow = self._layers(spec, here, assembler)
        here = Surroundings(here.context, flow)
        outputs = self._outputs(spec, here, assembler)
        objectives = Objectives(assembler, outputs, here, self._rules, self._evaluator, report)
        objectives.losses(spec.losses)
        objectives.metrics(spec.metrics)
        self._rules.freeze(spec.freeze, "", here)
        assertions = Assertions(self._evaluator, report, here, outputs)
        budgets = () if params else assertions.read(spec.budgets)  # they speak of the spec as it is written
        recipe = read_recipe(spec.train, here, self._evaluator, report)
        report.raise_errors()

        self._rules.finish(assembler)
        try:
            graph = assembler.finish()
        except AttributeProblem as problem:
            raise SpecError(diagnose(problem, span=spec.span)) from None
        if recipe is not None and spec.train is not None:
            check_patterns(recipe, spec.train, graph.parameters, report)
            check_augmentations(recipe, spec.train, graph, report)
        if not params:
            assertions.check(graph, budgets)
        report.raise_errors()
        report.extend([*assembler.warnings, *find_suspicions(graph, assembler.spans)])
        return Network(
            spec.name, spec.doc, assembler=assembler, train=recipe, budgets=budgets,
            warnings=report.warnings, params=variables, path=path,
        )  # fmt: skip

    # -- params and inputs -------------------------------------------------------------------------------------

    def _params(self, spec: Spec, given: Mapping[str, Any], names: Names) -> dict[str, Any]:
        known = [param.name for param in spec.params]
        for name in given:
            if name not in known:
                close = nearest(name, known)
                self._report.add(Diagnostic(
                    "unknown-param", f"the spec '{spec.name}' has no param '{shortened(name)}'",
                    expected=f"one of: {', '.join(known)}" if known else "no params", found=shortened(name),
                    hint=f"did you mean `{close}`?" if close else None,
                ))  # fmt: skip
        variables: dict[str, Any] = {}
        for param in spec.params:
            context = Context(names, spec.vocabulary, Absent("params come before the inputs"), dict(variables))
            if param.name in given:
                variables[param.name] = self._given(param.name, given[param.name])
            elif param.default is not None:
                variables[param.name] = self._evaluator.data(param.default, Surroundings(context, context.received))
            else:
                variables[param.name] = POISON
                self._report.error(
                    "missing-param", f"the param '{param.name}' has no value", param.key.span, at=param.key.path,
                    expected="a default, or a value from outside", found="neither",
                    hint=f"`--set {param.name}=...`, or a spec that extends this one and sets it",
                )  # fmt: skip
        return variables

    def _given(self, name: str, value: Any) -> Any:
        """A param's value from outside, as plain data."""
        try:
            return bounded(_plain(value))
        except (TypeError, ExpressionError) as error:
            expected = getattr(error, "expected", None) or "a number, true or false, text, or a list of these"
            found = f"{type(value).__name__}: {shortened(repr(value))}"
            message = f"the param '{shortened(name)}' cannot have this value"
            self._report.add(Diagnostic("value", message, expected=expected, found=found))
            return POISON

    def _surroundings(
        self, spec: Spec, variables: Mapping[str, Any], names: Names, assembler: Assembler
    ) -> Surroundings:
        """The surroundings of the first layer: the inputs are there."""
        nothing = Absent("the inputs are not known yet")
        before = Surroundings(Context(names, spec.vocabulary, nothing, variables), nothing)
        for key, tree in spec.inputs:
            names.bindings[key.text] = Binding(self._input(key, tree, before, assembler), key.span)
        flows = [binding.flow for binding in names.bindings.values()]
        listed = ", ".join(names.bindings)
        received: Flow = flows[0] if len(flows) == 1 else Absent(f"the network has several inputs: {listed}")
        received = received if flows else POISON
        context = Context(names, spec.vocabulary, received, variables)
        context = context.deeper(inits=self._rules.inits(spec.init, "", Surroundings(context, received)))
        return Surroundings(context, received)

    def _input(self, key: Scalar, tree: Tree, before: Surroundings, assembler: Assembler) -> Flow:
        dtype: DType | Poison = "float"
        shape: Tree | None = tree
        if isinstance(tree, Table):
            for part, _ in tree.entries:
                if part.text not in ("shape", "dtype"):
                    self._report.error("unknown-key", f"an input has no '{shortened(part.text)}'", part.span,
                                       at=part.path, expected="`shape`, `dtype`", found=f"`{part.text}`")  # fmt: skip
            shape, dtype = tree.get("shape"), self._dtype(tree.get("dtype"), before)
        extents = self._extents(key, shape, before)
        if extents is None or isinstance(dtype, Poison):
            return POISON
        try:
            if len(extents) > MAX_RANK or product(extents) > MAX_SIZE:
                raise AttributeProblem(
                    f"input '{shortened(key.text)}' is too large", code="size",
                    expected=f"at most {MAX_RANK} axes and 2 ** 48 elements", found=shortened(str(extents)),
                )  # fmt: skip
            if key.text in ("input", "previous"):
                raise AttributeProblem(f"an input cannot be called '{key.text}'", code="name", found=f"'{key.text}'",
                                       expected="a name without a meaning of its own")  # fmt: skip
            return assembler.input(key.text, TensorType.batched(*extents, dtype=dtype), key.span)
        except AttributeProblem as problem:
            self._report.add(diagnose(problem, span=key.span, at=key.path))
            return POISON

    def _dtype(self, tree: Tree | None, before: Surroundings) -> DType | Poison:
        if tree is None:
            return "float"
        value = self._evaluator.data(tree, before)
        for dtype in get_args(DType):
            if value == dtype:
                known: DType = dtype
                return known
        if value is not POISON:
            self._report.error("value", "there is no such element type", tree.span, at=tree.path,
                               expected=", ".join(get_args(DType)), found=in_words(value))  # fmt: skip
        return POISON

    def _extents(self, key: Scalar, tree: Tree | None, before: Surroundings) -> list[int] | None:
        """The shape of an input without the batch axis."""
        if isinstance(tree, Array):
            extents = [self._evaluator.integer(item, before, "this extent", 1, MAX_EXTENT) for item in tree.items]
            return None if POISON in extents else [e for e in extents if isinstance(e, int)]
        value = self._evaluator.data(tree, before) if tree is not None else None
        if isinstance(value, list) and all(isinstance(e, int) and 1 <= e <= MAX_EXTENT for e in value):
            return value
        if value is not POISON and not is_poisoned(tree):
            self._report.error("value", f"input '{shortened(key.text)}' needs a shape", (tree or key).span,
                               at=(tree or key).path, expected="`[channels, height, width]`, without the batch axis",
                               found=in_words(value))  # fmt: skip
        return None

    # -- layers and outputs ------------------------------------------------------------------------------------

    def _layers(self, spec: Spec, here: Surroundings, assembler: Assembler) -> Flow:
        expander = Expander(assembler, self._rules, self._evaluator, self._report)
        try:
            return expander.expand(spec.layers, here.context, here.previous)
        except EndlessError:
            self._report.raise_errors()
            raise

    def _outputs(self, spec: Spec, here: Surroundings, assembler: Assembler) -> dict[str, Flow]:
        """The declared outputs, or the last layer under its own name."""
        outputs: dict[str, Flow] = {}
        if spec.outputs:
            for key, of in spec.outputs:
                outputs[key.text] = self._evaluator.flow(of, here)
                self._declare(key.text, outputs[key.text], assembler, key)
            return outputs
        bindings = here.context.names.bindings
        name = next((name for name, b in reversed(bindings.items()) if b.flow is here.previous), None)
        if name is not None:
            outputs[name] = here.previous
            self._declare(name, here.previous, assembler, None)
        return outputs

    def _declare(self, name: str, flow: Flow, assembler: Assembler, key: Scalar | None) -> None:
        if isinstance(flow, Value):
            try:
                assembler.output(name, flow)
            except AttributeProblem as problem:
                self._report.add(diagnose(problem, span=key.span if key else None, at=key.path if key else None))


def _plain(value: Any) -> Any:
    """Numbers, text, lists and dicts, from Python's and NumPy's."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(element) for key, element in value.items()}
    if callable(getattr(value, "tolist", None)):  # NumPy's numbers and arrays
        return _plain(value.tolist())
    raise TypeError(type(value).__name__)
