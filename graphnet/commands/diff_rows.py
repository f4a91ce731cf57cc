"""The layers and blocks that came, went or changed, as rows of a table; repetitions share a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from graphnet.analysis.cost import Cost, add_costs
from graphnet.analysis.difference import Change, Difference, Pair, Side
from graphnet.analysis.matching import attributes_of
from graphnet.analysis.structure import Group, Member, scope_tree
from graphnet.analysis.units import format_shape
from graphnet.frontend.writing.wording import as_yaml, counted
from graphnet.ir.graph import Node, Scope
from graphnet.view.attributes import describe_attributes

MANY: Final = 3
"""Layers or blocks to which the same happened that are told in one row."""
NAMED: Final = 3
"""Names that such a row gives."""


@dataclass(frozen=True)
class Row:
    """A layer or block that came, went or changed.

    Attributes:
        mark: `+`, `-` or `~`.
        place: where it stands, in the order of the second network.
        path: of the layer or block.
        what: the operator or the block's name.
        words: what is to be said about it.
        cost: by how much the network costs more for it.
        form: equal for rows that may share a line; None for those that may not.
        scope: where a block stands; blocks of one form that follow on one another in it share a line.
        count: how many do.
        last: path of the last of them.
    """

    mark: str
    place: float
    path: str
    what: str
    words: tuple[str, ...]
    cost: Cost
    form: Any = None
    scope: tuple[Scope, ...] | None = None
    count: int = 1
    last: str = ""

    @property
    def span(self) -> str:
        """`layer2.2`, or `layer2.2 – 3` for several."""
        return f"{self.path} – {self.last.rpartition('.')[2]}" if self.count > 1 else self.path


def rows_of(difference: Difference, *, spell_out: bool) -> list[Row]:
    """What to list, in the order of the second network.

    Args:
        difference: of the networks.
        spell_out: whether every layer has a row of its own, those too that only follow the changes of others.
    """
    order = {node: float(k) for k, node in enumerate(difference.b.graph.nodes)}
    places, before = {}, -1.0
    for node in difference.a.graph.nodes:  # what was removed goes behind what stood before it
        if node in difference.pairs:
            before = max(before, order[difference.pairs[node]])
        places[node] = before + 0.5
    rows = [
        *_alone("+", difference.b, set(difference.added), order, spell_out),
        *_alone("-", difference.a, set(difference.removed), places, spell_out),
        *(_changed(change, order) for change in difference.changed if change.is_own or spell_out),
    ]
    rows = sorted(rows, key=lambda row: row.place)
    return rows if spell_out else _folded(rows)


def _alone(mark: str, side: Side, nodes: set[Node], places: Mapping[Node, float], spell_out: bool) -> Iterator[Row]:
    """Rows for nodes without a counterpart; one row for a block that has no others."""
    pending: list[Member] = list(scope_tree(side.graph.nodes).members)
    while pending:
        member = pending.pop(0)
        inner = (member,) if isinstance(member, Node) else member.nodes
        place, shape = places[inner[0]], f"gives {format_shape(inner[-1].outputs[0].type.sample_shape)}"
        cost = add_costs(side.costs[node] for node in inner)
        cost = Cost() - cost if mark == "-" else cost
        if isinstance(member, Node):
            if member in nodes:
                words, form = (" · ".join(describe_attributes(member)), shape), (member.op.name, _attributes(member))
                yield Row(mark, place, member.name, member.op.name, words, cost, form)
        elif isinstance(member, Group) and (spell_out or not nodes.issuperset(inner)):
            pending[:0] = member.members
        elif isinstance(member, Group):
            words, form = (counted(len(inner), "layer"), shape), _form(member)
            yield Row(mark, place, member.path, member.kind, words, cost, form, member.scopes[:-1])


def _form(block: Group) -> Any:
    """What blocks share that are told in one row: their layers, but for shapes."""
    layers = tuple((node.name.removeprefix(block.path), node.op.name, _attributes(node)) for node in block.nodes)
    return block.kind, layers


def _attributes(node: Node) -> str:
    return repr(attributes_of(node))


def _changed(change: Change, order: Mapping[Node, float]) -> Row:
    operator = arrow(change.operator, str) if change.operator else change.b.op.name
    words = tuple(_words(change))
    is_general = change.is_own and not (change.reads or change.weights_of)
    form = (operator, words if change.shape is None else words[:-1]) if is_general else None
    return Row("~", order[change.b], change.b.name, operator, words, change.cost, form)


def _words(change: Change) -> Iterator[str]:
    """All that is to be said about a change but its operator; the shape last."""
    for name, pair in change.attributes.items():
        yield f"{name} {arrow(pair, _setting)}"
    if change.operator:
        before, after = (" · ".join(describe_attributes(node)) for node in (change.a, change.b))
        if before != after:
            yield f"{before or 'nothing set'} → {after or 'nothing set'}"
    if change.reads:
        before, after = (", ".join(names) if len(names) <= NAMED else f"{len(names)} values" for names in change.reads)
        yield f"reads {after} instead of {before}"
    if change.weights_of:
        before, after = (", ".join(names) for names in change.weights_of)
        yield f"uses the weights of {after} instead of {before}"
    for name, pair in change.starts.items():
        yield f"{name} starts {arrow(pair, str)}"
    if change.frozen:
        yield "frozen" if change.frozen[1] else "no longer frozen"
    if change.weight:
        yield f"weight {arrow(change.weight, '{:g}'.format)}"
    if change.shape:
        yield f"gives {arrow(change.shape, format_shape)}"


def arrow(pair: Pair, written: Callable[[Any], str]) -> str:
    """`8 → 16`."""
    before, after = (written(value) if value is not None else "none" for value in pair)
    return f"{before} → {after}"


def _setting(value: Any) -> str:
    """An attribute; equal numbers for all axes as one, 3 for 3×3."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int | float):
        return as_yaml(value[0])
    return as_yaml(value)


def _folded(rows: Sequence[Row]) -> list[Row]:
    """Neighbouring blocks of one form in one row, and what happened to several layers or blocks too."""
    found: list[Row] = []
    for row in rows:
        last = found[-1] if found else None
        if last and row.scope is not None and (last.mark, last.scope, last.form) == (row.mark, row.scope, row.form):
            found[-1] = replace(last, count=last.count + 1, last=row.path, cost=last.cost + row.cost)
        else:
            found.append(row)
    alike: dict[Any, list[Row]] = {}
    for row in found:
        alike.setdefault(row.path if row.form is None else (row.mark, row.form), []).append(row)
    return [row for same in alike.values() for row in (same if len(same) < MANY else [_together(same)])]


def _together(rows: Sequence[Row]) -> Row:
    """One row for the same in several places."""
    first, cost = rows[0], add_costs(row.cost for row in rows)
    names = ", ".join([row.span for row in rows[:NAMED]] + ["…"] * (len(rows) > NAMED))
    shared = [part for part in first.words if all(part in row.words for row in rows)]
    path = counted(sum(row.count for row in rows), "layer" if first.scope is None else "block")
    return replace(first, path=path, words=(*shared, f"in {names}"), cost=cost, count=1)
