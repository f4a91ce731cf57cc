"""Layers as the entries of a spec: scopes become `sequential`s and blocks, and wiring becomes `from`.

A block instance stays one, so that a repeated block is written once; a `sequential` becomes a block where a name
inside it would hide one around it. Blocks are sealed: what they read comes in through their inputs, and what is
read of them goes out through their outputs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

from graphnet.analysis.structure import Group, scope_tree
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend.python.references import consumed, referred
from graphnet.frontend.writing.group_facts import GroupFacts, local_name, members_of, ordered_members, owner_of
from graphnet.frontend.writing.written_settings import operator_head, written_initialiser
from graphnet.frontend.writing.yaml_writer import Bare
from graphnet.ir.graph import Graph, Node, Value
from graphnet.ir.operator import REGISTRY
from graphnet.ops.families.references import with_names

CONTROL_WORDS = frozenset({"sequential", "share", "for", "repeat", "if", "layers", "then", "else"})
MODIFIERS = frozenset({"name", "from", "freeze", "init", "weight"})
RESERVED = frozenset({"input", "previous"})
"""Names with a meaning of their own in every scope."""


@dataclass(frozen=True)
class _Place:
    """Where entries are written.

    Attributes:
        depth: how many scopes enclose the network or block that they belong to.
        names: what that network or block calls its inputs.
        scopes: the `sequential`s between it and the entries.
        inside: the names in each of these.
        visible: all names that can be seen.
        given: those of them that the spec says itself so far, list by list.
        frozen: whether something around says so already.
        owned: whether shared parameters are written as if they were the layers' own.
    """

    depth: int
    names: dict[Value, str]
    scopes: tuple[str, ...] = ()
    inside: tuple[frozenset[str], ...] = ()
    given: tuple[set[str], ...] = ()
    visible: frozenset[str] = RESERVED
    frozen: bool = False
    owned: bool = False


@dataclass
class _Flow:
    """What is written so far of a list of entries.

    Attributes:
        current: what an entry without `from` reads; None where the first must say.
    """

    current: Value | None
    entries: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    given: set[str] = field(default_factory=set)

    def add(self, entry: dict[str, Any], value: Value | None) -> None:
        """Append an entry, whose value is read by the next."""
        self.entries.append(entry)
        if "name" in entry:
            self.given.add(entry["name"])
        self.current = value


class LayerWriter:
    """Writes the layers of a graph.

    Attributes:
        entries: of `layers`.
        blocks: definitions by name, inner ones first.
        current: the value of the last entry.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tree = scope_tree([node for node in graph.nodes if node.op.kind == "layer"])
        self._facts = GroupFacts(graph, self._tree)
        self._specs = {p.value: p.spec for p in graph.parameters}
        self._outputs: dict[str, dict[Value, str]] = {}  # of instances: the names of outputs beside the first
        self._used: dict[str, str] = {}  # the block of each instance
        self.blocks: dict[str, dict[str, Any]] = {}
        self._root = _Place(0, {value: value.name for value in (*graph.inputs, *graph.targets)})
        flow = _Flow(graph.inputs[0] if len(graph.inputs) == 1 else None)
        self._write(self._tree, replace(self._root, visible=RESERVED | {v.name for v in graph.inputs}), flow)
        self.entries = flow.entries
        self.current = flow.current
        self._counts = flow.counts

    def reference(self, value: Value) -> str:
        """What `from` calls a value outside of all scopes."""
        return self._reference(value, self._root)

    def counted_name(self, head: str) -> str:
        """What the next loss of a kind is called if it has no name."""
        self._counts[head] += 1
        return f"{head}{self._counts[head]}"

    # -- groups ------------------------------------------------------------------------------------------------

    def _write(self, group: Group, place: _Place, flow: _Flow) -> None:
        names = frozenset(local_name(member) for member in members_of(group))
        inside = replace(place, visible=place.visible | names, given=(*place.given, flow.given))
        if place.scopes:
            inside = replace(inside, inside=(*place.inside, names))
        for member in ordered_members(group):
            if isinstance(member, Node):
                self._write_node(member, inside, flow)
            elif self._is_block(member, inside):
                self._write_instance(member, inside, flow)
            else:
                self._write_sequential(member, inside, flow)

    def _is_block(self, group: Group, around: _Place) -> bool:
        """Whether to write a group as a block; if not, it is a `sequential`."""
        names = {local_name(member) for member in members_of(group)}
        if group.kind == "sequential" and self._facts.is_tied(group) and not around.owned:
            taken = names & set().union(*around.given)
            if taken:
                raise _unwritable(
                    group.nodes[0],
                    f"'{group.path}' shares layers with its surroundings, and the name '{min(taken)}' too",
                )
            return False
        return group.kind != "sequential" or bool(names & around.visible) or self._facts.is_shared(group)

    def _write_sequential(self, group: Group, place: _Place, flow: _Flow) -> None:
        inner = _Flow(flow.current)
        frozen = not place.frozen and self._facts.is_frozen(group, owned=place.owned)
        inside = replace(place, scopes=(*place.scopes, group.name), frozen=place.frozen or frozen)
        self._write(group, inside, inner)
        entry: dict[str, Any] = {"name": group.name}
        if frozen:
            entry["freeze"] = True
        flow.add({**entry, "sequential": inner.entries}, inner.current)

    def _write_instance(self, group: Group, place: _Place, flow: _Flow) -> None:
        """An instance of a block, and the block if none is equal yet; or a `share` of an earlier instance."""
        source = None if place.owned else self._facts.source(group)
        owned = place.owned or source is not None
        frozen = not place.frozen and self._facts.is_frozen(group, owned=owned)
        reads = self._facts.reads(group)
        block, value = self._write_block(group, reads, frozen=place.frozen or frozen, owned=owned)
        default = self._default_name(block, place, flow)
        if source is None:
            entry = _entry(block, None, None if group.name == default else group.name)
        elif self._used.get(source) == block:
            entry = _entry("share", self._path_from(source.split("."), place), group.name)
        else:
            raise _unwritable(group.nodes[0], f"'{group.path}' shares '{source}' and does something else with it")
        self._used[group.path] = block
        if reads != [flow.current]:
            entry["from"] = self._from(reads, place)
        if frozen and source is None:
            entry["freeze"] = True
        flow.add(entry, value)

    def _write_block(self, group: Group, reads: list[Value], *, frozen: bool, owned: bool) -> tuple[str, Value | None]:
        """The name of a group's block and the group's value; notes what its outputs are called."""
        local = {local_name(member) for member in members_of(group)}
        names = ["input"] if len(reads) == 1 else [_unlike(f"x{k}", local) for k in range(1, len(reads) + 1)]
        inside = _Place(
            len(group.scopes), dict(zip(reads, names, strict=True)), visible=RESERVED | set(names), frozen=frozen,
            owned=owned,
        )  # fmt: skip
        flow = _Flow(reads[0] if len(reads) == 1 else None)
        self._write(group, inside, flow)
        given = self._facts.gives(group)
        value = flow.current if flow.current in given or not given else given[0]
        called = {v: self._reference(v, inside) for v in dict.fromkeys([value, *given]) if v is not None}
        body: dict[str, Any] = {} if len(reads) == 1 else {"inputs": names}
        body["layers"] = flow.entries
        if list(called) != [flow.current]:
            body["outputs"] = {name.replace(".", "_"): name for name in called.values()}
        self._outputs[group.path] = {v: name.replace(".", "_") for v, name in called.items() if v is not value}
        return self._block_name(group, body), value

    def _block_name(self, group: Group, body: dict[str, Any]) -> str:
        """The block with this body, under the name that it had; scopes have none, and take any that is equal."""
        if group.kind == "sequential":
            base = next((scope.name for scope in reversed(group.scopes) if scope.name.isidentifier()), "group")
            equal = next((name for name, other in self.blocks.items() if other == body), None)
            if equal is not None:
                return equal
            base = base if base == group.name else f"{base}_block"
        else:
            base = group.kind
        if base in REGISTRY or base in CONTROL_WORDS | MODIFIERS:
            base = f"{base}_block"
        for name in chain([base], (f"{base}{k}" for k in count(2))):
            if self.blocks.setdefault(name, body) == body:
                break
        return name

    # -- layers ------------------------------------------------------------------------------------------------

    def _write_node(self, node: Node, place: _Place, flow: _Flow) -> None:
        op, operands = node.op, list(consumed(node))
        owner = owner_of(node)
        default = self._default_name(op.name, place, flow)
        if owner == node.name or place.owned:
            names = {attribute: self._reference(value, place) for attribute, value in referred(node).items()}
            head, value = operator_head(with_names(op, names))
            entry = _entry(head, value, None if local_name(node) == default else local_name(node))
            entry |= self._modifiers(node, is_frozen=node.frozen and not place.frozen)
        else:
            entry = _entry("share", self._path_from(owner.split("."), place), local_name(node))
        if operands != [flow.current]:
            entry["from"] = self._from(operands, place)
        flow.add(entry, node.outputs[0])

    def _default_name(self, head: str, place: _Place, flow: _Flow) -> str:
        """What the next entry is called if it has no name: its position in a `sequential`, else a count."""
        flow.counts[head] += 1
        return str(len(flow.entries)) if place.scopes else f"{head}{flow.counts[head]}"

    def _modifiers(self, node: Node, *, is_frozen: bool) -> dict[str, Any]:
        """`init` for parameters that do not start the operator's way, and `freeze`."""
        inits = {}
        declared = node.op.parameters(*(value.type for value in node.inputs[: node.operands]))
        for (name, spec), value in zip(declared.items(), node.parameters, strict=True):
            if self._specs[value].init != spec.init:
                inits[name] = written_initialiser(self._specs[value].init)
        return ({"init": inits} if inits else {}) | ({"freeze": True} if is_frozen else {})

    # -- references --------------------------------------------------------------------------------------------

    def _from(self, values: list[Value], place: _Place) -> Any:
        names = [self._reference(value, place) for value in values]
        return names[0] if len(names) == 1 else names

    def _reference(self, value: Value, place: _Place) -> str:
        """What a value is called at a place: a name around it, or a dotted path into a scope or an instance."""
        if value in place.names:
            return self._seen([place.names[value]], 0, place)
        assert value.producer is not None, f"{value} was read before it was an input"
        path = value.producer.name.split(".")
        for length in range(place.depth + 1, len(path)):
            outputs = self._outputs.get(".".join(path[:length]))
            if outputs is not None:  # an instance of a block, which shows nothing but its outputs
                return self._path_from([*path[:length], *([outputs[value]] if value in outputs else [])], place)
        return self._path_from(path, place)

    def _path_from(self, path: list[str], place: _Place) -> str:
        """A path without the scopes that it has in common with the place."""
        inner = path[place.depth :]
        shared = 0
        while shared < min(len(place.scopes), len(inner) - 1) and place.scopes[shared] == inner[shared]:
            shared += 1
        return self._seen(inner[shared:], shared, place)

    def _seen(self, path: list[str], level: int, place: _Place) -> str:
        """A path that begins in one of the scopes around, unless a scope further in hides it there."""
        if any(path[0] in names for names in place.inside[level:]):
            raise _unwritable(None, f"'{path[0]}' means two things in '{'.'.join(place.scopes)}'")
        return ".".join(path)


def _entry(head: str, value: Any, name: str | None) -> dict[str, Any]:
    entry = {head: value} if value is not None else Bare({head: None})
    if name is not None:
        entry["name"] = name
    return entry


def _unlike(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _unwritable(node: Node | None, message: str) -> SpecError:
    span = node.span if node is not None else None
    return SpecError(Diagnostic("to-yaml", f"{message}, which a spec cannot say", span, hint="rename or move a layer"))
