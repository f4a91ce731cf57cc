"""The assembler: both front ends tell it of layers, one after the other, and it makes the graph.

It names nodes, infers types, declares parameters and refuses what does not fit. It knows nothing of YAML, of
blocks or of Python calls. What it refuses, it refuses with an `AttributeProblem` whose message already names
the layer; the front end that called it adds the position (see `graphnet.frontend.problems.diagnose`).
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from graphnet.core.diagnostics import AttributeProblem, Diagnostic
from graphnet.core.source import SourceSpan
from graphnet.core.types import TensorType
from graphnet.frontend.parameters import apply_inits, declare_parameter, shared_parameters, with_init
from graphnet.frontend.patterns import match_paths
from graphnet.frontend.problems import check_arity, check_name, with_subject
from graphnet.ir.definitions import Definition
from graphnet.ir.graph import Graph, Loss, Metric, Node, Parameter, Scope, Value
from graphnet.ir.metric import MetricDefinition
from graphnet.ir.operator import Operator

LOSS = "loss"
"""What reports call the weighted sum of the loss terms, so that no output can."""


class Assembler:
    """Collects the layers, losses and outputs of one network.

    Layers come in the order of their computation: an operand exists before it is used. Patterns (`freeze`, `init`,
    `regulariser`) see the parameters declared so far, so they come after the layers.

    Attributes:
        name: of the network.
        doc: what it is, in a sentence.
        inputs, targets, outputs: values by name.
        nodes: by full path, in topological order.
        parameters: by path, in the order of their layers.
        metrics: by name.
        spans: where inputs and targets were declared, by name.
        patterns: of the regularisers, by term.
        warnings: what is legal but suspicious about single layers, with spans and without source lines.

    Every method that adds something raises AttributeProblem where it does not fit, and then adds nothing.
    """

    def __init__(self, name: str, doc: str = "") -> None:
        self.name, self.doc = name, doc
        self.nodes: dict[str, Node] = {}
        self.parameters: dict[str, Parameter] = {}
        self.warnings: list[Diagnostic] = []
        self.spans: dict[str, SourceSpan] = {}
        self.patterns: dict[str, tuple[str, ...]] = {}
        self.inputs: dict[str, Value] = {}
        self.targets: dict[str, Value] = {}
        self.outputs: dict[str, Value] = {}
        self._losses: dict[str, Loss] = {}
        self.metrics: dict[str, Metric] = {}
        self._scopes: set[str] = set()
        self._initialised: set[str] = set()  # parameters whose layer says how they start
        self._frozen: set[str] = set()  # paths that patterns freeze

    # -- what goes in and out ----------------------------------------------------------------------------------

    def input(self, name: str, type: TensorType, span: SourceSpan | None = None) -> Value:
        """Declare what a prediction needs."""
        self._claim(name, f"input '{name}'")
        if span is not None:
            self.spans[name] = span
        return self.inputs.setdefault(name, Value(name, type, role="input"))

    def target(self, name: str, type: TensorType, span: SourceSpan | None = None) -> Value:
        """Declare what a loss compares with; several losses may share a target of one type."""
        if name not in self.targets:
            self._claim(name, f"target '{name}'")
            if span is not None:
                self.spans[name] = span
            return self.targets.setdefault(name, Value(name, type, role="target"))
        known = self.targets[name]
        if known.type != type:
            raise AttributeProblem(
                f"target '{name}' cannot have two types", code="target", expected=f"{type}, as this term needs it",
                found=f"{known.type}, from an earlier term", hint="give the two targets two names",
            )  # fmt: skip
        return known

    def target_type(self, op: Operator, predictions: Sequence[Value], name: str) -> TensorType:
        """The type of the target that a loss needs, given what it judges."""
        try:
            return op.target(*(value.type for value in predictions))
        except AttributeProblem as problem:
            raise with_subject(problem, f"{op.name} '{name}'", predictions) from None

    def output(self, name: str, value: Value) -> None:
        """Give a value to the user under a name of its own."""
        self._check_output(name)
        self.outputs[name] = value

    def _check_output(self, name: str) -> None:
        check_name(name, f"output '{name}'")
        taken = "another output" if name in self.outputs else "the loss that is trained" if name == LOSS else None
        if taken:
            raise AttributeProblem(
                f"an output cannot be called '{name}'", code="name", expected="a name of its own",
                found=f"{taken} has it", hint="declare it under another name, in `outputs`",
            )  # fmt: skip

    # -- layers ------------------------------------------------------------------------------------------------

    def apply(
        self,
        op: Operator,
        operands: Sequence[Value],
        *,
        name: str,
        scope: tuple[Scope, ...] = (),
        span: SourceSpan | None = None,
        frozen: bool = False,
        init: Mapping[str, Definition] | None = None,
        shared: Node | None = None,
    ) -> Node:
        """Apply an operator: a node at the path of the scopes and the name, with its parameters below it.

        Args:
            op: the operator with its attributes.
            operands: what it consumes.
            name: its own name, without dots.
            scope: the named scopes around it, outermost first.
            span: where it was written.
            frozen: its parameters are not trained and its statistics not updated. Without parameters it means
                nothing: dropout goes on dropping, as in Keras.
            init: how its parameters start, by their own names (`weight`), instead of the operator's way.
            shared: an earlier node whose parameters it uses instead of declaring its own.

        Raises:
            AttributeProblem: the name is taken, the operands do not fit, or the parameters of `shared` do not.
        """
        path = ".".join([*(s.name for s in scope), name])
        subject = f"{op.name} '{path}'"
        check_name(name, subject)
        self._claim(path, subject, check=False)
        enclosing = [".".join(s.name for s in scope[: k + 1]) for k in range(len(scope))]
        for outer in enclosing:
            if outer in self.nodes:
                raise AttributeProblem(
                    f"{subject} cannot stand in the scope '{outer}'", code="name", hint="name one of them otherwise",
                    found=f"the layer '{outer}' of the same name",
                )  # fmt: skip
        types = [value.type for value in operands]
        check_arity(op, len(operands), subject)
        try:
            outputs = op.infer(*types)
            specs = op.parameters(*types)
            doubts = op.warnings(*types)
        except AttributeProblem as problem:
            raise with_subject(problem, subject, operands) from None
        if shared is not None:
            found = shared_parameters(subject, specs, shared, bool(init))
            frozen = shared.frozen
        else:
            specs = apply_inits(subject, specs, init or {})
            made = {n: declare_parameter(f"{path}.{n}", spec, frozen, span) for n, spec in specs.items()}
            self.parameters.update({p.path: p for p in made.values()})
            self._initialised.update(made[n].path for n in init or ())
            found = tuple(p.value for p in made.values())
            frozen = frozen and bool(found)
        self.warnings += [Diagnostic("suspicious", f"{subject}: {d}", span, severity="warning") for d in doubts]
        node = Node.make(
            path, op, [*operands, *found], outputs, operands=len(operands), span=span, scope=tuple(scope), frozen=frozen
        )
        self._scopes.update(enclosing)
        self.nodes[path] = node
        return node

    # -- losses and metrics ------------------------------------------------------------------------------------

    def loss(
        self, op: Operator, operands: Sequence[Value], *, name: str, weight: float = 1.0,
        span: SourceSpan | None = None, init: Mapping[str, Definition] | None = None,
    ) -> Loss:  # fmt: skip
        """Add `weight` times a loss to what training minimises.

        Args:
            op: of kind `loss`; a parameter of its own lies under `name`.
            operands: predictions, then the target where the loss has one.
            name: of the node and of the term in reports.
            weight: a finite number.
            span, init: as for `apply`.
        """
        if op.kind != "loss":
            raise AttributeProblem(f"{op.name} is no loss", code="loss", expected="a loss", found=f"a {op.kind}")
        return self._term(self._checked(weight, name), op, operands, name, span, init)

    def regulariser(
        self, op: Operator, pattern: str | Sequence[str], *, name: str, weight: float = 1.0,
        span: SourceSpan | None = None,
    ) -> Loss:  # fmt: skip
        """Add `weight` times a function of all parameters (no buffers) that match a pattern, frozen ones too."""
        if op.kind != "regulariser":
            raise AttributeProblem(f"{op.name} is no regulariser", code="loss", expected="l1, l2", found=f"a {op.kind}")
        matched = self.matching(pattern)
        term = self._term(self._checked(weight, name), op, [p.value for p in matched], name, span, None)
        self.patterns[name] = (pattern,) if isinstance(pattern, str) else tuple(pattern)
        return term

    def metric(self, definition: MetricDefinition, values: Sequence[Value], *, name: str) -> Metric:
        """Report a metric of predictions and, last, their target."""
        check_name(name, f"metric '{name}'")
        definition.check(*(value.type for value in values))
        if name in self.metrics:
            raise AttributeProblem(f"metric '{name}' is declared twice", code="name", hint="give it a `name`")
        return self.metrics.setdefault(name, Metric(name, definition, tuple(values)))

    # -- patterns ----------------------------------------------------------------------------------------------

    def matching(self, pattern: str | Iterable[str], *, buffers: bool = False) -> list[Parameter]:
        """The parameters (and `buffers`) that match at least one of the patterns, in order.

        Raises:
            AttributeProblem: a pattern matches nothing.
        """
        candidates = [path for path, p in self.parameters.items() if buffers or p.spec.trainable]
        patterns = [pattern] if isinstance(pattern, str) else list(pattern)
        matched = {path for one in patterns for path in match_paths(one, candidates)}
        return [self.parameters[path] for path in candidates if path in matched]

    def freeze(self, patterns: str | Iterable[str]) -> None:
        """Do not train the matching parameters.

        A layer with all its trained parameters frozen is frozen itself: its statistics are not updated either.
        """
        self._frozen.update(p.path for p in self.matching(patterns, buffers=True))

    def init(self, patterns: Mapping[str, Definition]) -> None:
        """Say how the matching parameters start; a layer's own `init` goes first, then the last match."""
        for pattern, definition in patterns.items():
            for parameter in self.matching(pattern):
                if parameter.path not in self._initialised:
                    spec = with_init(parameter.spec, definition, f"'{parameter.path}'")
                    self.parameters[parameter.path] = replace(parameter, spec=spec)

    # -- the graph ---------------------------------------------------------------------------------------------

    def results(self) -> dict[str, Value]:
        """The outputs so far by name.

        Where none is declared, it is the last layer, under its own name or that of the outermost scope around it.
        """
        last = next((node for node in reversed(self.nodes.values()) if node.op.kind == "layer"), None)
        return self.outputs or ({last.name.partition(".")[0]: last.outputs[0]} if last is not None else {})

    def finish(self) -> Graph:
        """The graph, with the outputs of `results`.

        The assembler may go on afterwards; each call makes a graph of what it has by then. Names identify the
        nodes of those graphs: where patterns freeze something, its nodes and all after them are made anew.

        Raises:
            AttributeProblem: there is nothing to compute.
        """
        outputs = self.results()
        for name in outputs.keys() - self.outputs.keys():
            self._check_output(name)
        if not outputs:
            raise AttributeProblem(
                f"network '{self.name}' has no layers", code="empty", expected="at least one layer", found="none"
            )
        moved = self._freeze_values()

        def now(value: Value) -> Value:
            return moved.get(value, value)

        nodes = tuple(self._frozen_node(node, moved) for node in self.nodes.values())
        return Graph(
            name=self.name,
            inputs=tuple(self.inputs.values()),
            nodes=nodes,
            outputs={name: now(value) for name, value in outputs.items()},
            targets=tuple(self.targets.values()),
            parameters=tuple(
                replace(p, value=now(p.value), trainable=p.trainable and path not in self._frozen)
                for path, p in self.parameters.items()
            ),
            losses=tuple(replace(term, value=now(term.value)) for term in self._losses.values()),
            metrics=tuple(replace(m, values=tuple(map(now, m.values))) for m in self.metrics.values()),
        )

    def _freeze_values(self) -> dict[Value, Value]:
        values = [self.parameters[path].value for path in self._frozen]
        return {value: replace(value, frozen=True) for value in values if not value.frozen}

    def _frozen_node(self, node: Node, moved: dict[Value, Value]) -> Node:
        """The node on top of the frozen values; notes in `moved` what its outputs became."""
        inputs = tuple(moved.get(value, value) for value in node.inputs)
        if inputs == node.inputs:
            return node
        own = inputs[node.operands :]
        trained = [v for v in own if v.role == "parameter"]
        frozen = node.frozen or (bool(own) and all(v.frozen for v in trained or own))
        made = Node.make(
            node.name, node.op, inputs, [v.type for v in node.outputs], operands=node.operands, span=node.span,
            scope=node.scope, frozen=frozen,
        )  # fmt: skip
        moved.update(zip(node.outputs, made.outputs, strict=True))
        return made

    # -- names -------------------------------------------------------------------------------------------------

    def is_free(self, path: str) -> bool:
        """Whether no input, target, layer, loss or scope has this name."""
        return not any(path in names for names in (self.inputs, self.targets, self.nodes, self._scopes))

    def _claim(self, name: str, subject: str, *, check: bool = True) -> None:
        """Make sure that a name is free among inputs, targets, layers, losses and scopes."""
        if check:
            check_name(name, subject)
        kinds: list[tuple[str, Container[str]]] = [
            ("an input", self.inputs), ("a target", self.targets), ("a layer", self.nodes), ("a scope", self._scopes),
        ]  # fmt: skip
        taken = next((kind for kind, names in kinds if name in names), None)
        if taken:
            raise AttributeProblem(
                f"{subject} cannot have this name: {taken} has it", code="name", expected="a name of its own",
                found=f"'{name}'", hint="give it another `name`",
            )  # fmt: skip

    @property
    def scopes(self) -> frozenset[str]:
        """The paths of all scopes with a layer in them."""
        return frozenset(self._scopes)

    def _checked(self, weight: float, name: str) -> float:
        if not isinstance(weight, int | float) or isinstance(weight, bool) or not math.isfinite(weight):
            raise AttributeProblem(
                f"the weight of loss '{name}' is no finite number", code="value", attribute="weight", found=str(weight)
            )
        return float(weight)

    def _term(
        self, weight: float, op: Operator, operands: Sequence[Value], name: str, span: SourceSpan | None,
        init: Mapping[str, Definition] | None,
    ) -> Loss:  # fmt: skip
        node = self.apply(op, operands, name=name, span=span, init=init)
        return self._losses.setdefault(name, Loss(name, node.outputs[0], weight))
