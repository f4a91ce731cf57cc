"""Compare two networks, node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from graphnet.analysis.cost import Cost
from graphnet.analysis.difference import Change, Difference, Pair, Side
from graphnet.analysis.matching import attributes_of, match
from graphnet.analysis.summary import MemoryFigures
from graphnet.ir.graph import Graph, Initializer, Node, Value


def compare(a: Graph, b: Graph, memory: tuple[MemoryFigures, MemoryFigures] | None = None) -> Difference:
    """Find out what distinguishes two networks.

    Args:
        a, b: as the front end made them.
        memory: what each of them needs, at the same batch size.
    """
    left, right = Side.of(a, memory and memory[0]), Side.of(b, memory and memory[1])
    pairs = match(a, b)
    images = set(pairs.values())
    ends = _Ends(a, b, pairs)
    nodes = _Nodes(left, right, pairs, ends.sources)
    return Difference(
        left, right, pairs,
        added=tuple(node for node in b.nodes if node not in images),
        removed=tuple(node for node in a.nodes if node not in pairs),
        changed=tuple(change for x, y in pairs.items() if (change := nodes.change(x, y)) is not None),
        values=_pairs(ends.values),
        renamed=(*((x.name, y.name) for x, y in pairs.items() if x.name != y.name), *ends.renamed),
    )  # fmt: skip


class _Nodes:
    """How nodes that correspond differ."""

    def __init__(self, a: Side, b: Side, pairs: Mapping[Node, Node], sources: Mapping[Value, Value]) -> None:
        self.a, self.b = a, b
        self.after: dict[Any, Any] = {**pairs, **sources}
        for x, y in pairs.items():
            named = {_own(value): value for value in y.parameters}
            self.after |= {value: named[_own(value)] for value in x.parameters if _own(value) in named}
        self.before = {y: x for x, y in self.after.items()}
        self.inits = [{p.value: p.spec.init for p in side.graph.parameters if p.spec.trainable} for side in (a, b)]
        self.owners = [_owners(side.graph) for side in (a, b)]
        self.weights = [{term.value: term.weight for term in side.graph.losses} for side in (a, b)]

    def change(self, x: Node, y: Node) -> Change | None:
        """How two nodes differ, or None if they do not."""
        before, after = attributes_of(x), attributes_of(y)
        names = dict.fromkeys([*before, *after])
        starts = self._starts(x, y)
        weights = [known.get(node.outputs[0]) for node, known in zip((x, y), self.weights, strict=True)]
        found = Change(
            x, y,
            operator=_pair(x.op.name, y.op.name),
            attributes=_pairs({n: (before.get(n), after.get(n)) for n in names}) if x.op.name == y.op.name else {},
            shape=_pair(x.outputs[0].type.sample_shape, y.outputs[0].type.sample_shape),
            reads=self._reads(x, y),
            weights_of=self._weights_of(x, y),
            starts=_pairs({n: (starts[0][n], starts[1][n]) for n in starts[0].keys() & starts[1].keys()}),
            frozen=_pair(x.frozen, y.frozen),
            weight=_pair(*weights),
            cost=self.b.costs[y] - self.a.costs[x],
        )  # fmt: skip
        return found if found.is_own or found.shape or found.cost != Cost() else None

    def _weights_of(self, x: Node, y: Node) -> Pair | None:
        """The names of the layers that own the parameters of two nodes, if other layers do."""
        mine, theirs = (dict.fromkeys(known[value] for value in node.parameters)
                        for node, known in zip((x, y), self.owners, strict=True))  # fmt: skip
        if not mine or not theirs or [self.after.get(node) for node in mine] == list(theirs):
            return None
        return tuple(node.name for node in mine), tuple(node.name for node in theirs)

    def _starts(self, x: Node, y: Node) -> tuple[dict[str, str], dict[str, str]]:
        """How parameters start, by their own names; without numbers where these follow from other shapes."""
        alike = [value.type for value in x.inputs] == [value.type for value in y.inputs]

        def words(node: Node, known: Mapping[Value, Initializer]) -> dict[str, str]:
            inits = {_own(value): known[value] for value in node.parameters if value in known}
            return {name: _initialiser(init) if alike else init.name for name, init in inits.items()}

        return words(x, self.inits[0]), words(y, self.inits[1])

    def _reads(self, x: Node, y: Node) -> Pair | None:
        """The names of what two nodes read, if neither wiring follows from the other."""
        mine, theirs = x.inputs[: x.operands], y.inputs[: y.operands]
        left = [{self.after[source] for source in _sources(value, self.after)} for value in mine]
        right = [set(_sources(value, self.before)) for value in theirs]
        if x.op.kind == "regulariser":  # reads as many parameters as there are
            is_fed = set[Any]().union(*left) == set[Any]().union(*right)
        elif x.op.commutes:
            is_fed = len(mine) == len(theirs) and _can_pair(left, right)
        else:
            is_fed = len(mine) == len(theirs) and all(map(_meet, left, right))
        names = [tuple(value.name for value in values) for values in (mine, theirs)]
        return None if is_fed else (names[0], names[1])


class _Ends:
    """How what goes in and out differs: inputs, targets, outputs, metrics.

    Attributes:
        sources: inputs and targets that correspond.
        values: before and after, by kind and name.
        renamed: those that are the same under other names, with their kinds.
    """

    def __init__(self, a: Graph, b: Graph, pairs: Mapping[Node, Node]) -> None:
        self.values: dict[str, Pair] = {}
        self.renamed: list[tuple[str, str]] = []
        self.sources = _partners(a, b, pairs)
        self.images = {v: w for x, y in pairs.items() for v, w in zip(x.outputs, y.outputs, strict=False)}
        self.images |= self.sources
        self._fed("input", a.inputs, b.inputs)
        self._fed("target", a.targets, b.targets)
        self._outputs(a, b)
        self._metrics(a, b)

    def _fed(self, kind: str, mine: Sequence[Value], theirs: Sequence[Value]) -> None:
        for value in mine:
            image = self.sources.get(value)
            self.values[f"{kind} {value.name}"] = (_type(value), image and _type(image))
            if image is not None and image.name != value.name:
                self.renamed.append((f"{kind} {value.name}", f"{kind} {image.name}"))
        found = {self.sources.get(value) for value in mine}
        self.values |= {f"{kind} {v.name}": (None, _type(v)) for v in theirs if v not in found}

    def _outputs(self, a: Graph, b: Graph) -> None:
        given = {self.images.get(value): name for name, value in a.outputs.items()}
        for name, value in b.outputs.items():
            before = given.get(value)
            if before is None:
                old = a.outputs.get(name)
                self.values[f"output {name}"] = (old and old.name, value.name)
            elif before != name:
                self.renamed.append((f"output {before}", f"output {name}"))
        for name, value in a.outputs.items():
            if self.images.get(value) not in b.outputs.values() and name not in b.outputs:
                self.values[f"output {name}"] = (value.name, None)

    def _metrics(self, a: Graph, b: Graph) -> None:
        before = {m.name: (m.definition, tuple(map(self.images.get, m.values)), m.values) for m in a.metrics}
        after = {m.name: (m.definition, m.values, m.values) for m in b.metrics}
        for name in dict.fromkeys([*before, *after]):
            if name not in before or name not in after or before[name][:2] != after[name][:2]:
                told = [_metric(known[name][0], known[name][2]) if name in known else None for known in (before, after)]
                self.values[f"metric {name}"] = (told[0], told[1])


def _partners(a: Graph, b: Graph, pairs: Mapping[Node, Node]) -> dict[Value, Value]:
    """Inputs and targets that correspond: those that the same nodes read, where these agree; else those of a name."""
    read: dict[Value, set[Value]] = {}
    for x, y in pairs.items():
        mine, theirs = x.inputs[: x.operands], y.inputs[: y.operands]
        named = {value.name: value for value in theirs} if x.op.commutes else {}
        for value, other in zip(mine, theirs, strict=False):
            partner = named.get(value.name, other)
            if value.role == partner.role and value.role in ("input", "target"):
                read.setdefault(value, set()).add(partner)
    claims = Counter(partner for partners in read.values() for partner in partners)
    found = {value: partner for value, (partner, *more) in read.items() if not more and claims[partner] == 1}
    for mine, theirs in ((a.inputs, b.inputs), (a.targets, b.targets)):
        free = {value.name: value for value in theirs if value not in found.values()}
        found |= {value: free[value.name] for value in mine if value not in found and value.name in free}
    return found


def _owners(graph: Graph) -> dict[Value, Node]:
    """For each parameter the layer that came with it: the first that uses it."""
    found: dict[Value, Node] = {}
    for node in graph.nodes:
        for value in node.parameters:
            found.setdefault(value, node)
    return found


def _sources(value: Value, known: Mapping[Node | Value, Any]) -> Iterator[Node | Value]:
    """The nodes, inputs and targets with a counterpart that a value comes from, through nodes without one."""
    pending, seen = [value], set[Value]()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        origin = current.producer or current
        if origin in known:
            yield origin
        elif current.producer is not None:
            pending += current.producer.inputs[: current.producer.operands]


def _meet(a: set[Any], b: set[Any]) -> bool:
    return not a.isdisjoint(b)


def _can_pair(left: Sequence[set[Any]], right: Sequence[set[Any]]) -> bool:
    """Whether every set on the left meets one of its own on the right."""
    if not left:
        return True
    rest = [(k, other) for k, other in enumerate(right) if _meet(left[0], other)]
    return any(_can_pair(left[1:], [*right[:k], *right[k + 1 :]]) for k, _ in rest)


def _initialiser(init: Initializer) -> str:
    settings = ", ".join(f"{name}: {value}" for name, value in init.settings.items())
    return f"{init.name}: {{{settings}}}" if settings else init.name


def _metric(definition: Any, values: Sequence[Value]) -> str:
    """`accuracy of logits, label`, with the settings that are not the default's."""
    chosen = [f"{f.name}: {getattr(definition, f.name)}" for f in fields(definition)
              if getattr(definition, f.name) != f.default]  # fmt: skip
    settings = f" {{{', '.join(chosen)}}}" if chosen else ""
    return f"{definition.name}{settings} of {', '.join(value.name for value in values)}"


def _own(parameter: Value) -> str:
    """A parameter's name without its layer's: `weight`."""
    return parameter.name.rpartition(".")[2]


def _type(value: Value | None) -> Any:
    if value is None:
        return None
    return value.type.sample_shape if value.type.dtype == "float" else (*value.type.sample_shape, value.type.dtype)


def _pair(a: Any, b: Any) -> Pair | None:
    return None if a == b else (a, b)


def _pairs(found: Mapping[str, Pair]) -> dict[str, Pair]:
    return {name: (a, b) for name, (a, b) in found.items() if a != b}
