"""Hypothesis strategies: attributes of any operator, and networks of any operators, small and valid.

They know nothing of single operators: attributes come from the types of a definition's fields, operands and targets
from what its `infer` accepts. So whatever is registered takes part. Networks shrink to few layers of few attributes,
and `network.to_yaml()` prints them.

Needs hypothesis, which the extra `test` installs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from graphnet.core.diagnostics import AttributeProblem, SpecError
from graphnet.core.types import product
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.python.tensor import Tensor
from graphnet.frontend.python.term import has_target, prediction_count
from graphnet.frontend.settings import SettingsError, construct, default_of, is_required, settings_of
from graphnet.ir.operator import REGISTRY, Operator
from graphnet.ops.families.references import reference_attributes, resolved

MOST_ELEMENTS: Final = 150
"""Layers whose output is larger, for one sample, are left out, so that networks run fast."""
REALS: Final = (1.0, 0.5, 0.25, 2.0, 0.1, -0.5, 0.0, 1.5)
"""Numbers for attributes, those first that examples shrink to."""
WHOLES: Final = (1, 2, 3, 0, 5, 4, -1)
_TRIES: Final = 4
"""How often attributes are drawn for an operator until they fit some operands."""


# -- attributes --------------------------------------------------------------------------------------------------


def attributes(definition: type[Operator]) -> SearchStrategy[dict[str, Any]]:
    """Attributes for an operator, each within its limits; together they may not fit its operands.

    References to other values are left out.
    """
    hints = get_type_hints(definition, include_extras=True)
    required, optional = {}, {}
    for name, setting in settings_of(definition).items():
        if name in reference_attributes(definition):
            continue
        if is_required(setting):
            required[name] = values_of(hints[name])
        else:
            optional[name] = st.just(default_of(setting)) | values_of(hints[name])
    return st.fixed_dictionaries(required, optional=optional)


def values_of(hint: Any) -> SearchStrategy[Any]:
    """Values of an attribute's type: whole numbers, reals, truth values, words, pairs of these, or none of them."""
    limits: list[Any] = []
    while get_origin(hint) is Annotated:
        hint, *extra = get_args(hint)
        limits += [limit for e in extra for limit in getattr(e, "metadata", [e])]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, UnionType):
        return st.one_of(*(values_of(part) for part in parts))
    if origin is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        least = max((limit.min_length for limit in limits if hasattr(limit, "min_length")), default=0)
        return st.lists(values_of(parts[0]), min_size=least, max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(part) for part in parts))
    simple: dict[Any, Sequence[Any]] = {bool: (False, True), int: WHOLES, float: REALS, NoneType: (None,)}
    fitting = [value for value in simple.get(hint, ()) if all(_is_within(value, limit) for limit in limits)]
    return st.sampled_from(fitting) if fitting else st.nothing()


def _is_within(value: Any, limit: Any) -> bool:
    checks: dict[str, Callable[[Any], bool]] = {
        "ge": lambda b: value >= b,
        "gt": lambda b: value > b,
        "le": lambda b: value <= b,
        "lt": lambda b: value < b,
    }
    return all(check(getattr(limit, name)) for name, check in checks.items() if getattr(limit, name, None) is not None)


# -- networks ----------------------------------------------------------------------------------------------------


@st.composite
def networks(draw: DrawFn, *, max_layers: int = 6, layers: Sequence[str] | None = None) -> Network:
    """A network with a loss that depends on all its layers: chains, branches, residual sums, scopes, shared layers.

    Args:
        max_layers: before the loss; a few more join the ends.
        layers: names of the operators to use; all by default.
    """
    writer = _Writer(draw, Network("generated"), tuple(layers or operators("layer")))
    for name in ("x", "y")[: draw(st.integers(1, 2))]:
        writer.add_input(name)
    if writer.is_rare():
        writer.add_tokens("tokens")
    for number in range(max_layers):
        # Each layer is asked for on its own, so that an example can shrink by any of them.
        if number and draw(st.integers(0, 5)) == 0:
            break
        writer.add_something(number)
    writer.add_losses()
    return writer.net


def specs(**options: Any) -> SearchStrategy[str]:
    """The texts of networks; see `networks` for the options."""
    return networks(**options).map(lambda net: net.to_yaml())


def operators(kind: str) -> list[str]:
    """The names of all layers, losses or regularisers."""
    return sorted(name for name, operator in REGISTRY.items() if operator.kind == kind)


@dataclass
class _Writer:
    """A network on its way, and what can be read so far.

    Attributes:
        values: in the order of their making.
        unread: those that nothing reads yet.
        owners: the layers that have parameters, and the scopes that hold such, with the number of their operands.
    """

    draw: DrawFn
    net: Network
    layers: tuple[str, ...]
    values: list[Tensor] = field(default_factory=list)
    unread: dict[str, Tensor] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)

    def is_rare(self) -> bool:
        """True one time in eight, and never in the simplest example."""
        return self.draw(st.integers(0, 7)) == 7

    def add_something(self, number: int) -> None:
        """A layer, a scope with layers, or one of these applied again."""
        if self.owners and self.is_rare():
            self.add_share()
        elif self.is_rare():
            with self.net.scope(f"block{number}"):
                for _ in range(self.draw(st.integers(1, 3))):
                    self.add_layer()
            self.owners[f"block{number}"] = 1
        else:
            self.add_layer()

    def add_input(self, name: str) -> None:
        rank = self.draw(st.sampled_from((1, 3, 3, 2, 4)))
        shape = [self.draw(st.sampled_from((2, 3, 1, 5, 9, 17)))]  # channels, then extents
        for _ in range(rank - 1):
            fitting = [extent for extent in (3, 5, 1, 2, 7) if product(shape) * extent <= MOST_ELEMENTS]
            shape.append(self.draw(st.sampled_from(fitting)))
        self._made(self.net.input(name, shape), ())

    def add_tokens(self, name: str) -> None:
        """An input of whole numbers."""
        shape = self.draw(st.sampled_from(((3,), (), (7,), (2, 3))))
        self._made(self.net.input(name, shape, dtype="int32"), ())

    def add_layer(self) -> None:
        """An operator on values that it accepts, or nothing."""
        categories = sorted({REGISTRY[name].category for name in self.layers})
        category = self.draw(st.sampled_from(categories))  # first, or the many activations would crowd out the rest
        definition = REGISTRY[self.draw(st.sampled_from([n for n in self.layers if REGISTRY[n].category == category]))]
        for _ in range(_TRIES):
            references = {name: self._pick(self.values) for name in reference_attributes(definition)}
            settings = self.draw(attributes(definition))
            operands = self._operands(definition, settings, references)
            if operands:
                break
        else:
            return
        has_parameters = definition.parameters is not Operator.parameters
        if has_parameters and self.is_rare():
            settings["freeze"] = True
        made = self.net.apply(definition.name, *operands, **{**settings, **references})
        if has_parameters:
            self.owners[made.name] = len(operands)
        self._made(made, (*operands, *references.values()))

    def _operands(
        self, definition: type[Operator], settings: dict[str, Any], references: dict[str, Tensor]
    ) -> list[Tensor]:
        """Values that an operator accepts together, as many as it wants; none if there are none."""
        count = definition.arity or self.draw(st.integers(2, 3))
        if count == 1:
            fitting = [v for v in self.values if _fits(definition, settings, [v], references)]
            return [self._pick(fitting)] if fitting else []
        first = self._pick(self.values)
        operands = [first]
        for _ in range(count - 1):
            repeated = [[first, *operands[1:], *[v] * (count - len(operands))] for v in self.values]
            fitting = [o[len(operands)] for o in repeated if _fits(definition, settings, o, references)]
            if not fitting:
                return []
            operands.append(self._pick(fitting))
        return operands if _fits(definition, settings, operands, references) else []

    def add_share(self) -> None:
        """An earlier layer or scope on other values, or nothing if it does not accept them."""
        path = self.draw(st.sampled_from(list(self.owners)))
        operands = [self._pick(self.values) for _ in range(self.owners[path])]
        try:
            made = self.net.share(path, *operands)
        except SpecError:
            return
        self._made(made, operands)

    def add_losses(self) -> None:
        """Join what nothing reads, and compare it with targets."""
        for tokens in [v for v in self.unread.values() if v.value.type.dtype != "float"]:
            self._made(self.net.apply("embedding", tokens, num_embeddings=3, embedding_dim=2), (tokens,))
        ends = [v if len(v.shape) == 2 else self.net.apply("flatten", v) for v in self.unread.values()]
        joined = ends[0] if len(ends) == 1 else self.net.apply("concat", *ends)
        width = self.draw(st.sampled_from((0, 3, 1)))
        if width:
            joined = self.net.apply("linear", joined, out_features=width)
        elif joined.value.producer is None:  # a spec has layers
            joined = self.net.apply("identity", joined)
        self.net.output("joined", joined)
        for number in range(2 if self.is_rare() else 1):
            self._add_loss(joined, f"target{number}")
        if any(p.trainable for p in self.net.graph.parameters) and self.is_rare():
            name = self.draw(st.sampled_from(operators("regulariser")))
            self.net.loss(operator_function(name)("*"), weight=0.1)

    def _add_loss(self, joined: Tensor, target: str) -> None:
        """A loss that takes the value, or the squared error if the one that was drawn does not."""
        definition = REGISTRY[self.draw(st.sampled_from(operators("loss")))]
        predictions = [joined] * prediction_count(definition)
        targets = [target] if has_target(definition) else []
        settings, weight = self.draw(attributes(definition)), self.draw(st.sampled_from((1.0, 0.5)))
        try:
            self.net.loss(operator_function(definition.name)(*predictions, *targets, **settings), weight=weight)
        except SpecError:
            self.net.loss(operator_function("squared_error")(joined, f"{target}b"), weight=weight)

    def _pick(self, values: Sequence[Tensor]) -> Tensor:
        """One of the values; the last one is simplest."""
        return values[-1 - self.draw(st.integers(0, len(values) - 1))]

    def _made(self, value: Tensor, operands: Sequence[Tensor]) -> None:
        if len(value.shape) < 2:  # a layer applied again to one axis fewer: a number for each sample, which ends here
            return
        for operand in operands:
            self.unread.pop(operand.name, None)
        self.values.append(value)
        self.unread[value.name] = value


def _fits(
    definition: type[Operator], settings: dict[str, Any], operands: Sequence[Tensor], references: dict[str, Tensor]
) -> bool:
    """Whether an operator accepts its operands, and makes something with axes of them, but nothing large."""
    values = [v.value for v in operands]
    settings = dict(settings)
    try:
        for name, named in references.items():
            settings[name], stood_for = resolved(definition, name, named.value)
            values += stood_for
        types = [value.type for value in values]
        operator = construct(definition, settings, definition.name)
        made, *_ = operator.infer(*types)
        parameters = operator.parameters(*types)
    except (AttributeProblem, SettingsError):
        return False
    if made.rank < 2:  # nothing could be joined to it
        return False
    return max(made.size, *(product(spec.shape) for spec in parameters.values()), 0) <= MOST_ELEMENTS
