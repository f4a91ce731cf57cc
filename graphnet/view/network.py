"""The picture of a network as its author wrote it: layers, blocks, shapes, parameters."""

from __future__ import annotations

from graphnet.analysis.cost import total_cost
from graphnet.ir.graph import Graph
from graphnet.view.arrows import Arrows
from graphnet.view.boxes import Boxes
from graphnet.view.canvas import canvas, describe_cost, heading, legend
from graphnet.view.drawing import Drawing
from graphnet.view.markup import quiet
from graphnet.view.palette import CATEGORIES
from graphnet.view.plan import Plan


def draw_network(graph: Graph, fold: bool = True) -> Drawing:
    """Draw a graph as the front end made it.

    Layers stand in stacks where they can (see `graphnet.view.chains`), blocks are frames around their layers. A long
    network continues in other columns: what is read there leaves its own column in a circle with a number, and comes
    out of another one. A network that is shaped like a U is drawn as one.

    Args:
        graph: of operators.
        fold: whether repetitions of a block are drawn once, with a count.
    """
    plan = Plan(graph, fold)
    panels = tuple(canvas() for _ in range(plan.columns.count))
    Boxes(plan, panels)
    Arrows(plan, panels)
    categories = dict.fromkeys(node.op.category for node in graph.nodes if node.op.category in CATEGORIES)
    colours = legend({category: CATEGORIES[category] for category in categories})
    return Drawing(heading(graph.name, quiet(describe_cost(total_cost(graph), long=True)), colours), panels)
