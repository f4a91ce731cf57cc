"""Remove what need not be computed, and compute in one place what can be: a pass of small rewrites."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphnet.ir.builder import with_results
from graphnet.ir.comprehension import Comprehension, Index, Read, Result
from graphnet.ir.expression import Coordinate, Expression, Load, Uniform, substitute
from graphnet.ir.graph import Graph, Node, Value
from graphnet.transforms.rewrite import map_results, rebuilt


def simplify(graph: Graph) -> Graph:
    """Dead code, common subexpressions, identities, and formulas written out where they are used."""
    graph = eliminate_dead_code(graph)
    graph = merge_equal_nodes(graph)
    graph = inline_formulas(graph)
    graph = eliminate_dead_code(graph)
    graph = merge_sibling_folds(graph)
    return merge_equal_nodes(eliminate_dead_code(graph))


def eliminate_dead_code(graph: Graph) -> Graph:
    """Drop nodes, and single results of nodes, that nothing needs."""
    needed = set(graph.results)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if any(v in needed for v in node.outputs):
            kept.append(node)
            needed.update(node.inputs)
    new: dict[Value, Value] = {}
    nodes = []
    for node in reversed(kept):
        inputs = [new.get(v, v) for v in node.inputs]
        live = [k for k, v in enumerate(node.outputs) if v in needed]
        if len(live) == len(node.outputs) and inputs == list(node.inputs):
            nodes.append(node)
            continue
        made = rebuilt(node, *_tidy(with_results(node.comprehension, live), inputs))
        nodes.append(made)
        new.update(zip((node.outputs[k] for k in live), made.outputs, strict=True))
    return map_results(graph, nodes, lambda v: new.get(v, v))


def merge_equal_nodes(graph: Graph) -> Graph:
    """Compute the same comprehension of the same values once."""
    seen: dict[object, Node] = {}
    new: dict[Value, Value] = {}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(new.get(v, v) for v in node.inputs)
        key = (replace(node.comprehension, label=""), inputs)
        if key in seen:
            new.update(zip(node.outputs, seen[key].outputs, strict=True))
            continue
        made = node if inputs == node.inputs else rebuilt(node, node.op, inputs)
        new.update((a, b) for a, b in zip(node.outputs, made.outputs, strict=True) if a is not b)
        seen[key] = made
        nodes.append(made)
    return map_results(graph, nodes, lambda v: new.get(v, v))


def inline_formulas(graph: Graph) -> Graph:
    """Write a pointwise formula into its readers instead of storing its values.

    * Identities vanish.
    * Formulas without operands (numbers, random masks) go wherever they are read.
    * A formula with a single reader that folds it goes into the fold.
    * A formula of parameters alone with a single reader goes there too, if that has the same elements.
    """
    results = set(graph.results)
    readers = graph.consumers()
    formulas: dict[Value, Node] = {}
    new: dict[Value, Value] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        made = _inlined(node, [new.get(v, v) for v in node.inputs], formulas)
        new.update((a, b) for a, b in zip(node.outputs, made.outputs, strict=True) if a is not b)
        value = made.outputs[0]
        op = made.comprehension
        if op.family == "pointwise" and len(made.outputs) == 1 and node.outputs[0] not in results:
            if _is_identity(op, made.inputs):
                new[node.outputs[0]] = made.inputs[0]
                continue
            followers = readers.get(node.outputs[0], [])
            if not op.reads or _is_read_by_one_fold(followers) or (len(followers) == 1 and _is_of_leaves(made)):
                formulas[value] = made
        nodes.append(made)
    return map_results(graph, nodes, lambda v: new.get(v, v))


def _is_identity(op: Comprehension, inputs: tuple[Value, ...]) -> bool:
    same = op.results[0].expression == Load(0) and len(op.reads) == 1
    return same and inputs[0].type == op.types[0] and all(i.loop for i in op.reads[0].index)


def _is_read_by_one_fold(readers: list[Node]) -> bool:
    return len(readers) == 1 and readers[0].comprehension.family == "reduction"


def _is_of_leaves(node: Node) -> bool:
    """Whether nothing that the formula reads is computed."""
    return all(v.role != "node" for v in node.inputs)


def _inlined(node: Node, inputs: list[Value], formulas: dict[Value, Node]) -> Node:
    """The node with the formulas of some inputs written out, where it reads them at plain loops."""
    op = node.comprehension
    changed = inputs != list(node.inputs)
    while True:
        for slot, read in enumerate(op.reads):
            source = formulas.get(inputs[read.operand])
            if source is not None and slot not in op.looked_up and _can_inline(op, read, source):
                op, inputs = _tidy(*_write_out(op, inputs, slot, source))
                changed = True
                break
        else:
            return rebuilt(node, op, inputs) if changed else node


def _can_inline(op: Comprehension, read: Read, source: Node) -> bool:
    if op.family == "contraction" or op.view:
        return False
    formula = source.comprehension.results[0].expression
    if source.comprehension.reads and op.family != "reduction" and len(read.index) != len(op.out):
        return False  # computed once for many elements; that is worth its memory
    if not source.comprehension.reads and not any(isinstance(e, (Coordinate, Uniform)) for e in _leaves(formula)):
        return all(i.loop or not i.terms for i in read.index)
    return all(i.loop for i in read.index)


def _leaves(expression: Expression) -> Iterable[Expression]:
    found: list[Expression] = []
    substitute(expression, lambda e: found.append(e))
    return found


def _write_out(op: Comprehension, inputs: list[Value], slot: int, source: Node) -> tuple[Comprehension, list[Value]]:
    """Replace `Load(slot)` by the source's formula; the source's reads become reads of `op`."""
    inner = source.comprehension
    at = dict(zip((loop.name for loop in inner.out), op.reads[slot].index, strict=True))
    names = {name: index.loop or "" for name, index in at.items()}
    first_read, first_input = len(op.reads), len(inputs)
    reads = [Read(first_input + r.operand, tuple(_through(i, at) for i in r.index), r.fill) for r in inner.reads]

    def moved(expression: Expression) -> Expression | None:
        match expression:
            case Load(s):
                return Load(first_read + s)
            case Coordinate(loop):
                return Coordinate(names[loop])
            case Uniform(stream, loops):
                return Uniform(stream, tuple(names[n] for n in loops))
        return None

    formula = substitute(inner.results[0].expression, moved)

    def replaced(expression: Expression) -> Expression:
        return substitute(expression, lambda e: formula if e == Load(slot) else None)

    results = tuple(
        Result(replaced(r.expression), r.fold, None if r.position is None else replaced(r.position), r.dtype)
        for r in op.results
    )
    return replace(op, reads=(*op.reads, *reads), results=results), [*inputs, *source.inputs]


def _through(index: Index, at: dict[str, Index]) -> Index:
    return at[index.loop] if index.loop else index


def _tidy(op: Comprehension, inputs: list[Value]) -> tuple[Comprehension, list[Value]]:
    """Drop reads that no expression loads, equal reads, and inputs that no read names."""
    if op.view:
        return op, inputs
    used = op.loaded | {found for slot in op.loaded for found in op.reads[slot].lookups}
    operands: list[Value] = []
    reads: list[Read] = []
    slots: dict[int, int] = {}
    for slot in sorted(used, key=lambda slot: (bool(op.reads[slot].lookups), slot)):  # what is looked up comes last
        read = op.reads[slot].with_slots(slots)
        value = inputs[read.operand]
        if value not in operands:
            operands.append(value)
        moved = replace(read, operand=operands.index(value))
        if moved not in reads:
            reads.append(moved)
        slots[slot] = reads.index(moved)

    def renumbered(expression: Expression) -> Expression:
        return substitute(expression, lambda e: Load(slots[e.slot]) if isinstance(e, Load) else None)

    results = tuple(
        replace(r, expression=renumbered(r.expression), position=None if r.position is None else renumbered(r.position))
        for r in op.results
    )
    return replace(op, reads=tuple(reads), results=results), operands


def merge_sibling_folds(graph: Graph) -> Graph:
    """Compute two reductions over the same loops that share an operand in one pass over memory.

    The later one moves to the place of the earlier, so its operands must be ready there.
    """
    position = {v: k for k, node in enumerate(graph.nodes) for v in node.outputs}
    hosts: list[tuple[int, Node]] = []
    merged: dict[Node, list[Node]] = {}
    absorbed: set[Node] = set()
    for k, node in enumerate(graph.nodes):
        if node.comprehension.family != "reduction" or len(node.comprehension.reads) == 0:
            continue
        for at, host in hosts:
            ready = all(position.get(v, -1) < at for v in node.inputs)
            if ready and _are_siblings(host, node) and host.backward == node.backward:
                merged.setdefault(host, []).append(node)
                absorbed.add(node)
                break
        else:
            hosts.append((k, node))
    if not absorbed:
        return graph
    new: dict[Value, Value] = {}
    nodes = []
    for node in graph.nodes:
        if node in absorbed:
            continue
        inputs = [new.get(v, v) for v in node.inputs]
        if node not in merged:
            made = node if inputs == list(node.inputs) else rebuilt(node, node.op, inputs)
            old = node.outputs
        else:
            op = node.comprehension
            old = node.outputs
            for sibling in merged[node]:
                op, inputs = _joined(op, inputs, sibling, [new.get(v, v) for v in sibling.inputs])
                old = (*old, *sibling.outputs)
            made = rebuilt(node, *_tidy(op, inputs))
        nodes.append(made)
        new.update((a, b) for a, b in zip(old, made.outputs, strict=True) if a is not b)
    return map_results(graph, nodes, lambda v: new.get(v, v))


def _are_siblings(a: Node, b: Node) -> bool:
    x, y = a.comprehension, b.comprehension
    plain = all(i.loop for op in (x, y) for r in op.reads for i in r.index if i.terms)
    alike = (x.out, x.reduce) == (y.out, y.reduce) and x.shared_condition is y.shared_condition is None
    return alike and plain and bool(set(a.inputs) & set(b.inputs))


def _joined(
    op: Comprehension, inputs: list[Value], sibling: Node, sibling_inputs: list[Value]
) -> tuple[Comprehension, list[Value]]:
    other = sibling.comprehension
    first_read, first_input = len(op.reads), len(inputs)

    def moved(expression: Expression) -> Expression:
        return substitute(expression, lambda e: Load(first_read + e.slot) if isinstance(e, Load) else None)

    results = tuple(
        replace(r, expression=moved(r.expression), position=None if r.position is None else moved(r.position))
        for r in other.results
    )
    slots = {slot: first_read + slot for slot in range(len(other.reads))}
    reads = tuple(replace(r.with_slots(slots), operand=first_input + r.operand) for r in other.reads)
    return replace(op, reads=(*op.reads, *reads), results=(*op.results, *results)), [*inputs, *sibling_inputs]
