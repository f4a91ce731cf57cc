"""How a network is written in Python: layer by layer, with every mistake shown at its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain, count
from typing import Any, cast, get_args

import graphnet.ops  # noqa: F401 - registers what a network can name
from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.core.types import DType, TensorType
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.problems import check_name, with_subject
from graphnet.frontend.python.call_site import CallSite, call_site, reported_at
from graphnet.frontend.python.sharing import share_layer, share_scope
from graphnet.frontend.python.tensor import Tensor
from graphnet.frontend.python.term import Term
from graphnet.frontend.settings import construct, read_definition
from graphnet.ir.definitions import INITIALISERS, METRICS, Definition
from graphnet.ir.graph import Scope, Value
from graphnet.ir.metric import MetricDefinition
from graphnet.ir.operator import REGISTRY, Operator
from graphnet.ops.families.references import reference_attributes, resolved

Init = Mapping[str, Any]
"""How parameters start, by name or pattern: `{"weight": "zeros"}`, `{"bias": {"normal": {"std": 0.01}}}`, `0.5`."""


class NetworkBuilder:
    """What `Network` has to write it in Python; see there.

    Args:
        name: of the network.
        assembler: takes what is written; it may have layers already, which then can be used by `net["name"]`.
    """

    def __init__(self, name: str, assembler: Assembler) -> None:
        self.name = name
        self._assembler = assembler
        self._scopes: list[tuple[Scope, bool]] = []  # those that are open, and whether they are frozen
        self._counts: Counter[str] = Counter()

    # -- what goes in ------------------------------------------------------------------------------------------

    def input(self, name: str, shape: Sequence[int], dtype: DType = "float") -> Tensor:
        """Declare an input.

        Args:
            name: its key in batches.
            shape: without the batch axis: (channels, height, width) of an image.
            dtype: "float", or "int32" for tokens.
        """
        site = call_site()
        with self._changed(site):
            extents = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
            if any(not isinstance(e, int) or isinstance(e, bool) or e < 1 for e in extents):
                raise AttributeProblem(
                    f"input '{name}' cannot have this shape", expected="whole numbers of at least 1", found=str(shape)
                )
            if dtype not in get_args(DType):
                raise AttributeProblem(
                    f"input '{name}' cannot have this element type",
                    expected=", ".join(get_args(DType)),
                    found=str(dtype),
                )
            return Tensor(self, self._assembler.input(name, TensorType.batched(*extents, dtype=dtype), site.span))

    # -- layers ------------------------------------------------------------------------------------------------

    def scope(self, name: str, *, freeze: bool = False) -> AbstractContextManager[None]:
        """Put a name before the paths of the layers made inside: `with net.scope("stem"):` gives `stem.conv1`.

        Args:
            name: without dots. Scopes may lie inside one another.
            freeze: whether the layers inside are not trained.
        """
        with reported_at(call_site()):
            check_name(name, f"scope {name!r}")
        return self._inside(Scope(name), freeze)

    @contextmanager
    def _inside(self, scope: Scope, is_frozen: bool) -> Iterator[None]:
        self._scopes.append((scope, is_frozen))
        try:
            yield
        finally:
            self._scopes.pop()

    def apply(
        self,
        operator: str,
        /,
        *operands: Tensor,
        name: str | None = None,
        init: Init | None = None,
        freeze: bool = False,
        **attributes: Any,
    ) -> Tensor:
        """Add a layer: `net.apply("linear", x, out_features=10)` is `gn.linear(x, 10)`.

        Args:
            operator: its name.
            operands: what it consumes.
            name: of the layer; by default the operator's name and its count in the scope: `conv2d1`.
            init: how its parameters start: `{"weight": {"normal": {"std": 0.01}}, "bias": "zeros"}`.
            freeze: whether its parameters are not trained, and its statistics not updated.
            attributes: the operator's; one that names a value takes a tensor.

        Raises:
            SpecError: something does not fit.
        """
        site = call_site()
        with self._changed(site):
            definition = _find_operator(operator)
            if definition.kind != "layer":
                raise AttributeProblem(f"{operator} is no layer", code="loss", hint=f"net.loss(gn.{operator}(...))")
            values = self._values(operator, operands)
            label = self._free_name(operator) if name is None else _named(name, operator)
            subject = f"{operator} '{self._path(label)}'"
            attributes, referred = self._resolved(definition, attributes, subject)
            values += referred
            op = construct(definition, attributes, subject)
            node = self._assembler.apply(
                op, values, name=label, scope=self._scope(), span=site.span,
                frozen=freeze or any(frozen for _, frozen in self._scopes), init=_initialisers(init, subject),
            )  # fmt: skip
            self._counts[self._path(operator)] += 1
            return Tensor(self, node.outputs[0])

    def share(self, layer: Tensor | str, *operands: Tensor, name: str | None = None) -> Tensor:
        """Apply an earlier layer, or all layers of a scope, again with the same parameters.

        Args:
            layer: a layer's output or its path, or a scope's path.
            operands: take the place of what it consumed; of a scope, of the values that it read from outside, in
                the order in which it read them.
            name: of the new layer or scope; by default a counted one.

        Returns:
            the new layer's output; a scope's last one.
        """
        site = call_site()
        with self._changed(site):
            path = layer.name if isinstance(layer, Tensor) else str(layer)
            nodes = self._assembler.nodes
            values = self._values("share", operands)
            if path in nodes:
                label = self._free_name(nodes[path].op.name) if name is None else _named(name, "share")
                node = share_layer(self._assembler, nodes[path], values, label, self._scope(), site.span)
                self._counts[self._path(node.op.name)] += 1
            else:
                label = self._free_name(path.rpartition(".")[2], first=2) if name is None else _named(name, "share")
                node = share_scope(self._assembler, path, values, label, self._scope(), site.span)
            return Tensor(self, node.outputs[0])

    def is_free(self, name: str) -> bool:
        """Whether a layer that is made now could have this name."""
        return self._assembler.is_free(self._path(name))

    def __getitem__(self, name: str) -> Tensor:
        """An input, or the output of the layer at a path."""
        value = self._visible(name)
        if value is not None:
            return Tensor(self, value)
        close = nearest(name, [*self._assembler.inputs, *self._assembler.nodes])
        raise KeyError(f"no value '{name}' in network '{self.name}'" + (f"; did you mean '{close}'?" if close else ""))

    # -- what comes out ----------------------------------------------------------------------------------------

    def output(self, name: str, tensor: Tensor) -> None:
        """Give a value to the user. Without any, the last layer is the output, under its own name."""
        with self._changed(call_site()):
            (value,) = self._values("output", [tensor])
            self._assembler.output(name, value)

    def loss(self, term: Term, *, weight: float = 1.0) -> None:
        """Add a term to what training minimises: `net.loss(gn.cross_entropy(logits, "label"))`.

        Args:
            term: what a loss or regulariser returned.
            weight: multiplies it.
        """
        site = call_site()
        with self._changed(getattr(term, "site", site)):
            if not isinstance(term, Term):
                raise AttributeProblem(
                    "this is no loss", code="loss", expected='what a loss returns: gn.cross_entropy(logits, "label")',
                    found=type(term).__name__,
                )  # fmt: skip
            operator = term.op.name
            name = self._free_name(operator, scope="") if term.name is None else _named(term.name, operator)
            self._counts[term.op.name] += 1
            if term.op.kind == "regulariser":
                self._assembler.regulariser(term.op, term.patterns, name=name, weight=weight, span=term.site.span)
                return
            values = self._values(term.op.name, term.predictions)
            if term.target is not None:
                values.append(self._target(term.op, name, term.target, values, term.site))
            self._assembler.loss(term.op, values, name=name, weight=weight, span=term.site.span)

    def metric(self, metric: str, *values: Tensor | str, name: str | None = None, **settings: Any) -> None:
        """Report a metric: `net.metric("accuracy")`, `net.metric("top_k", logits, "label", k=5)`.

        Args:
            metric: its name.
            values: predictions and the target's name; by default the only output and the only target so far.
            name: in reports; by default the metric's, with a count from the second on.
            settings: the metric's.
        """
        with self._changed(call_site()):
            named = {metric: settings} if isinstance(metric, str) else metric
            definition = cast(MetricDefinition, read_definition(METRICS, named, "metric"))
            found = [self._known(v) if isinstance(v, str) else self._values(metric, [v])[0] for v in values]
            if not any(isinstance(v, Tensor) for v in values):
                found.insert(0, _only("output", list(self._assembler.results().values()), metric))
            if not any(isinstance(v, str) for v in values) and len(found) < 2:
                found.append(_only("target", list(self._assembler.targets.values()), metric))
            default = next(n for n in chain([metric], _counted(metric, 2)) if n not in self._assembler.metrics)
            self._assembler.metric(definition, found, name=default if name is None else name)

    # -- patterns ----------------------------------------------------------------------------------------------

    def freeze(self, *patterns: str) -> None:
        """Do not train the parameters made so far that match a glob: `net.freeze("encoder.*")`."""
        with self._changed(call_site()):
            if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
                raise AttributeProblem(
                    "freeze needs patterns", code="pattern", expected='globs over parameter paths: "encoder.*"',
                    found=", ".join(map(repr, patterns)) or "none",
                )  # fmt: skip
            self._assembler.freeze(patterns)

    def init(self, inits: Init) -> None:
        """Say how parameters made so far start: `net.init({"*.weight": "kaiming_normal"})`.

        A layer's own `init` goes first; of several patterns, the last that matches.
        """
        with self._changed(call_site()):
            self._assembler.init(_initialisers(inits, "net"))

    # -- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _changed(self, site: CallSite) -> Iterator[None]:
        """A change of the network, whose problems show the call."""
        with reported_at(site):
            yield

    def _scope(self) -> tuple[Scope, ...]:
        return tuple(scope for scope, _ in self._scopes)

    def _path(self, name: str) -> str:
        return ".".join([*(scope.name for scope, _ in self._scopes), name])

    def _free_name(self, stem: str, *, first: int = 1, scope: str | None = None) -> str:
        """`stem` and its count in the scope, or the next number that is free."""
        prefix = self._path("") if scope is None else scope
        names = _counted(stem, max(first, self._counts[f"{prefix}{stem}"] + 1))
        return next(name for name in names if self._assembler.is_free(f"{prefix}{name}"))

    def _values(self, consumer: str, operands: Sequence[Tensor]) -> list[Value]:
        for place, operand in enumerate(operands, start=1):
            if not isinstance(operand, Tensor):
                raise AttributeProblem(
                    f"operand {place} of {consumer} is no value of a network", code="operands",
                    expected="what net.input or a layer returned", found=type(operand).__name__,
                )  # fmt: skip
            if operand.network is not self:
                raise AttributeProblem(
                    f"operand {place} of {consumer} is a value of another network", code="operands",
                    expected=f"a value of '{self.name}'", found=f"'{operand.name}' of '{operand.network.name}'",
                )  # fmt: skip
        return [operand.value for operand in operands]

    def _resolved(
        self, definition: type[Operator], attributes: Mapping[str, Any], subject: str
    ) -> tuple[dict[str, Any], list[Value]]:
        """The attributes with what those hold that were given a tensor, and the operands that these stand for."""
        settings = dict(attributes)
        operands: list[Value] = []
        for name in reference_attributes(definition):
            if settings.get(name) is not None:
                (value,) = self._values(f"{definition.name}: `{name}`", [settings[name]])
                try:
                    settings[name], stood_for = resolved(definition, name, value)
                except AttributeProblem as problem:
                    raise with_subject(problem, subject, [value]) from None
                operands += stood_for
        return settings, operands

    def _target(self, op: Operator, name: str, target: str | Tensor, values: Sequence[Value], site: CallSite) -> Value:
        """A value of the network by its name, or a new target of the type that the loss needs."""
        if isinstance(target, Tensor):
            return self._values(op.name, [target])[0]
        known = self._visible(target)
        if known is not None and known.role != "target":
            return known
        return self._assembler.target(target, self._assembler.target_type(op, values, name), site.span)

    def _visible(self, name: str) -> Value | None:
        """An input, a target, or the output of a layer, by name."""
        known = {**self._assembler.inputs, **self._assembler.targets}
        known |= {path: node.outputs[0] for path, node in self._assembler.nodes.items()}
        return known.get(name)

    def _known(self, name: str) -> Value:
        value = self._visible(name)
        if value is None:
            close = nearest(name, [*self._assembler.targets, *self._assembler.nodes])
            raise AttributeProblem(
                f"there is no target or value '{name}'", code="unknown-name", found=f"'{name}'",
                expected=f"a target: {', '.join(self._assembler.targets) or 'none yet, add the loss first'}",
                hint=f"did you mean `{close}`?" if close else None,
            )  # fmt: skip
        return value


def _find_operator(name: str) -> type[Operator]:
    name = str(name)
    if name in REGISTRY:
        return REGISTRY[name]
    close = nearest(name, REGISTRY)
    raise AttributeProblem(
        f"there is no operator '{name}'", code="unknown-operator", found=name,
        expected="an operator of `graphnet ops`", hint=f"did you mean `{close}`?" if close else None,
    )  # fmt: skip


def _named(name: str, what: str) -> str:
    check_name(name, what)
    return name


def _counted(stem: str, first: int) -> Iterator[str]:
    return (f"{stem}{k}" for k in count(first))


def _initialisers(init: Init | None, subject: str) -> dict[str, Definition]:
    if init is not None and not isinstance(init, Mapping):
        raise AttributeProblem(
            f"{subject}: `init` must say which parameters", code="init", attribute="init",
            expected='a mapping: {"weight": "zeros"}', found=repr(init),
        )  # fmt: skip
    return {name: read_definition(INITIALISERS, given, f"{subject}: {name}") for name, given in (init or {}).items()}


def _only(kind: str, values: Sequence[Value], metric: str) -> Value:
    if len(values) == 1:
        return values[0]
    raise AttributeProblem(
        f"metric '{metric}' must say which {kind} it reads", code="metric", expected=f"a {kind}",
        found=f"{len(values)} {kind}s: {', '.join(v.name for v in values)}" if values else f"no {kind}",
        hint=f'net.metric("{metric}", logits, "label")',
    )  # fmt: skip
