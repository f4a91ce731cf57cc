"""Schedules of networks: what has memory of its own stays out of the arena, and what lives together lies apart."""

from __future__ import annotations

import itertools

from hypothesis import given, settings

import graphnet as gn
from graphnet.compiler import comprehensions_of, graph_for, kernels_of, options_for, planned
from graphnet.frontend.network import Network
from graphnet.ir.schedule import Schedule
from graphnet.runtime.inspection import Inspector
from graphnet.testing.strategies import networks
from graphnet.transforms.choose_layouts import LaidOutGraph, default_layout


def scheduled(net: gn.Network, purpose: str = "gradients") -> tuple[LaidOutGraph, Schedule]:
    options, inspect = options_for(3, "float64"), Inspector("test")
    lowered = comprehensions_of(
        graph_for(net.graph, purpose), training=True, updates=False, options=options, inspect=inspect  # type: ignore[arg-type]
    )  # fmt: skip
    given = {p.value: default_layout(p.value.type, options.target.lanes) for p in net.graph.parameters}
    laid = kernels_of(lowered, options=options, given=given, inspect=inspect)
    return laid, planned(laid, options=options, placed={*given, *laid.fused.graph.gradients.values()})


def test_a_view_of_an_input_leaves_it_where_it_is() -> None:
    """An input is fed before the first kernel: in the arena, an earlier kernel's values would lie in its place."""
    net = gn.Network("views")
    x, y = net.input("x", (2, 7, 3)), net.input("y", (1, 7, 3))
    h = gn.avg_pool2d(gn.multiply(y, y), (5, 1))
    net.output("z", gn.linear(gn.concat(gn.flatten(x), gn.flatten(h)), 1))
    laid, schedule = scheduled(net, "predict")
    assert any(source.name == "x" for source in laid.aliases.values())
    assert not {v.name for v in schedule.buffers} & {"x", "y", "flatten1/flatten"}


def test_gradients_and_parameters_lie_elsewhere() -> None:
    net = gn.Network("placed")
    net.loss(gn.mse(gn.linear(net.input("x", (5,)), 3, name="fc"), "t"))
    laid, schedule = scheduled(net)
    assert not set(schedule.buffers) & set(laid.fused.graph.gradients.values())
    assert not {v.role for v in schedule.buffers} - {"node"}


@settings(max_examples=60)
@given(networks(max_layers=8))
def test_live_values_never_overlap(net: Network) -> None:
    laid, schedule = scheduled(net)
    placements = {p.name: p for p in schedule.plan.placements}
    placed = {v: placements[name] for v, name in schedule.buffers.items()}
    for a, b in itertools.combinations(placed.values(), 2):
        together = a.first <= b.last and b.first <= a.last
        apart = a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
        assert apart or not together, (a, b)
    end = len(laid.fused.kernels) - 1
    for value in laid.fused.graph.results:
        owner = laid.aliases.get(value, value)
        assert owner not in placed or placed[owner].last >= end, f"{value} is read after the last kernel"
    for at, kernel in enumerate(laid.fused.kernels):
        for value in (*kernel.reads, *kernel.writes):
            owner = laid.aliases.get(value, value)
            if owner in placed:
                assert placed[owner].first <= at <= placed[owner].last
