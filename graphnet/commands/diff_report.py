"""A difference between two networks as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from graphnet.analysis.cost import Cost, add_costs
from graphnet.analysis.difference import Difference, Pair
from graphnet.analysis.matching import is_counted
from graphnet.analysis.units import format_bytes, format_count, format_shape
from graphnet.commands.diff_rows import arrow, rows_of
from graphnet.frontend.writing.wording import as_yaml, counted

STYLES: Final = {"+": "green", "-": "red", "~": "yellow"}
RENAMED: Final = 12
"""Names that are listed where not all are asked for."""
VISIBLE: Final = 0.0005
"""The smallest relative change that is worth a figure."""

Written = Callable[[int], str]
_WHOLE: Final[Written] = "{:,}".format


@dataclass(frozen=True)
class DiffReport:
    """Prints what distinguishes two networks.

    Args:
        difference: of the networks.
        settings: params and training settings that differ, before and after, by path.
        batch: samples that the memory figures are for.
        spell_out: whether every layer has a row of its own.
    """

    difference: Difference
    settings: Mapping[str, Pair] = field(default_factory=dict)
    batch: int = 1
    spell_out: bool = False

    def __rich__(self) -> RenderableType:
        found = self.difference
        heading = Text(f"{found.a.graph.name} → {found.b.graph.name}", "bold")
        parts: list[RenderableType] = [heading, self._totals(), Text(self._verdict())]
        if self.settings or found.values:
            parts += [Text(), self._settings()]
        if not found.is_same:
            parts += self._layers()
        names = self._names()
        if names:
            parts += [Text(), *self._names_listed(names)]
        return Group(*parts)

    # -- totals ------------------------------------------------------------------------------------------------

    def _totals(self) -> Table:
        names = self.difference.a.graph.name, self.difference.b.graph.name
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("", style="bold", no_wrap=True)
        for heading in (*(names if names[0] != names[1] else ("a", "b")), "difference", ""):
            table.add_column(heading, justify="right", no_wrap=True)
        for label, a, b, written in self._figures():
            change = _signed(b - a, written) or "none"
            share = f"{(b - a) / a:+.1%}".replace("-", "−") if a and abs(b - a) / a >= VISIBLE else ""
            table.add_row(label, written(a), written(b), change, share)
        return table

    def _figures(self) -> Iterator[tuple[str, int, int, Written]]:
        """What to compare, in both networks, and how it is written."""
        a, b = self.difference.a, self.difference.b
        yield "layers", a.layers, b.layers, _WHOLE
        yield "parameters", a.cost.parameters, b.cost.parameters, _WHOLE
        trained = a.cost.trainable_parameters, b.cost.trainable_parameters
        if trained != (a.cost.parameters, b.cost.parameters):
            yield "  trained", *trained, _WHOLE
        yield "MACs for one sample", a.cost.macs, b.cost.macs, format_count
        if a.memory and b.memory:
            samples = counted(self.batch, "sample")
            if a.memory.training_bytes is not None and b.memory.training_bytes is not None:
                yield f"memory to train {samples}", a.memory.training_bytes, b.memory.training_bytes, format_bytes
            yield f"memory to predict {samples}", a.memory.inference_bytes, b.memory.inference_bytes, format_bytes

    def _verdict(self) -> str:
        found = self.difference
        if found.is_same:
            names = f" under other names ({counted(len(found.renamed), 'name')} differ)" if found.renamed else ""
            train = "; they are not trained alike" if any(path.startswith("train") for path in self.settings) else ""
            alike = f"{counted(found.a.layers, 'layer')} with equal attributes, equally wired"
            return f"The networks are the same{names}: {alike}{train}."
        own = sum(change.is_own for change in found.changed)
        counts = {
            "added": len(found.added),
            "removed": len(found.removed),
            "changed": own,
            "with other shapes only": len(found.changed) - own,
            "alike": len(found.pairs) - len(found.changed),
        }
        return f"Layers and losses: {', '.join(f'{count} {what}' for what, count in counts.items() if count)}."

    # -- what differs ------------------------------------------------------------------------------------------

    def _settings(self) -> Table:
        """Params, training, inputs, outputs, metrics."""
        rows = {path: (_setting(a), _setting(b)) for path, (a, b) in self.settings.items()}
        rows |= {name: (_shape_or_name(a), _shape_or_name(b)) for name, (a, b) in self.difference.values.items()}
        table = Table.grid(padding=(0, 2, 0, 0))
        for path, (before, after) in rows.items():
            mark = "~" if before and after else "-" if before else "+"
            words = f"{before} → {after}" if mark == "~" else before or after
            table.add_row(Text(f" {mark} {path}", STYLES[mark]), words)
        return table

    def _layers(self) -> Iterator[RenderableType]:
        rows = rows_of(self.difference, spell_out=self.spell_out)
        if rows:
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
            table.add_column("  layer", no_wrap=True)
            table.add_column("operator", style="cyan", no_wrap=True)
            table.add_column("")
            table.add_column("parameters", justify="right")
            table.add_column("MACs", justify="right")
            for row in rows:
                layer = Text(f"{row.mark} {row.span}", STYLES[row.mark])
                what = f"{row.what} × {row.count}" if row.count > 1 else row.what
                table.add_row(layer, what, "; ".join(filter(None, row.words)), *_cost(row.cost))
            yield table
        if not self.spell_out:
            yield from self._followers()

    def _followers(self) -> Iterator[RenderableType]:
        """A line for the layers that differ only because of what comes before them."""
        followers = [change for change in self.difference.changed if not change.is_own]
        if not followers:
            return
        parameters, macs = _cost(add_costs(change.cost for change in followers))
        counts = [f"{parameters} parameters"] * bool(parameters) + [f"{macs} MACs"] * bool(macs)
        first = next((change for change in followers if change.shape), None)
        example = f", as {first.b.name} {arrow(first.shape, format_shape)}" if first and first.shape else ""
        told = f" ({', '.join(counts)})" if counts else ""
        yield Text(f"~ {counted(len(followers), 'layer')} only follow: other shapes{example}{told}", STYLES["~"])

    # -- names -------------------------------------------------------------------------------------------------

    def _names(self) -> list[tuple[str, str]]:
        """The names that differ. In networks that differ too, those that nobody chose and no weights have go untold."""
        found = self.difference
        if found.is_same or self.spell_out:
            return list(found.renamed)
        untold = {x.name for x in found.pairs if is_counted(x) and not x.parameters}
        return [(before, after) for before, after in found.renamed if before not in untold]

    def _names_listed(self, names: Sequence[tuple[str, str]]) -> Iterator[RenderableType]:
        yield Text(f"{counted(len(names), 'name')} differ:", STYLES["~"])
        rows = list(names) if self.spell_out else _by_prefix(names)
        shown = rows if self.spell_out else rows[:RENAMED]
        table = Table.grid(padding=(0, 2, 0, 0))
        for before, after in shown:
            table.add_row(f"  {before}", f"→ {after}")
        if len(shown) < len(rows):
            table.add_row(f"  and {len(rows) - len(shown)} more", "(`--all` lists them)")
        yield table


def _cost(cost: Cost) -> tuple[str, str]:
    return _signed(cost.parameters, _WHOLE), _signed(cost.macs, format_count)


def _signed(count: int, written: Written) -> str:
    return f"{'+' if count > 0 else '−'}{written(abs(count))}" if count else ""


def _setting(value: Any) -> str:
    return "" if value is None else as_yaml(value)


def _shape_or_name(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, tuple):
        return str(value)
    extents = [extent for extent in value if isinstance(extent, int)]
    return " ".join([format_shape(extents), *map(str, value[len(extents) :])])  # a type that is not floats follows


def _by_prefix(names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """One row for a scope whose layers kept their names in it: `features.*` and `stem.*`."""
    scopes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for before, after in names:
        left, right = before.split("."), after.split(".")
        while len(left) > 1 and len(right) > 1 and left[-1] == right[-1]:
            left, right = left[:-1], right[:-1]
        scopes.setdefault((".".join(left), ".".join(right)), []).append((before, after))
    return [
        pairs[0] if len(pairs) == 1 else (f"{before}.*", f"{after}.*  ({len(pairs)})")
        for (before, after), pairs in scopes.items()
    ]
