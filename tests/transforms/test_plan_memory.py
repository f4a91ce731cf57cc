"""The memory planner, by property and on lifetimes like those of training."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.core.diagnostics import InternalError
from graphnet.ir.schedule import MemoryPlan
from graphnet.transforms.plan_memory import Buffer, plan_memory


@st.composite
def buffer_lists(draw: st.DrawFn) -> list[Buffer]:
    spans = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5000))
    drawn = draw(st.lists(spans, max_size=40))
    return [Buffer(f"b{k}", size, min(a, z), max(a, z)) for k, (a, z, size) in enumerate(drawn)]


def training_buffers(layers: int, seed: int) -> list[Buffer]:
    """Lifetimes of a training step: activations nest like a stack, gradients and workspaces are short."""
    rng = random.Random(seed)
    end, size, buffers = 2 * layers - 1, 400_003, []
    for k in range(layers):
        backward = end - k
        if rng.random() < 0.15:
            size = max(1009, size // 2)
        bytes_of_layer = int(size * rng.choice([1, 1, 1, 2, 0.5, 0.25]))
        buffers.append(Buffer(f"activation{k}", bytes_of_layer, k, backward))
        buffers.append(Buffer(f"gradient{k}", bytes_of_layer, backward - 1, min(end, backward + rng.choice([0, 0, 3]))))
        if rng.random() < 0.4:
            buffers.append(Buffer(f"workspace{k}", rng.randrange(100, 200_000), backward, backward))
        if rng.random() < 0.2:
            buffers.append(Buffer(f"skip{k}", rng.randrange(100, 400_000), k, min(k + rng.choice([1, 2, 5]), end)))
    return buffers


def most_live(buffers: list[Buffer], alignment: int) -> int:
    """The lower bound, kernel by kernel."""
    kernels = range(max((b.last for b in buffers), default=-1) + 1)
    sizes = {b: (b.size + alignment - 1) // alignment * alignment for b in buffers}
    return max((sum(sizes[b] for b in buffers if b.first <= k <= b.last) for k in kernels), default=0)


def assert_valid(plan: MemoryPlan, buffers: list[Buffer], alignment: int) -> None:
    assert {(p.name, p.size, p.first, p.last) for p in plan.placements} == {
        (b.name, b.size, b.first, b.last) for b in buffers
    }
    for p in plan.placements:
        assert p.offset % alignment == 0
        assert 0 <= p.offset <= p.offset + p.size <= plan.peak
    for p, q in itertools.combinations(plan.placements, 2):
        alive_together = p.first <= q.last and q.first <= p.last
        overlap = p.offset < q.offset + q.size and q.offset < p.offset + p.size
        assert not (alive_together and overlap and p.size and q.size), f"{p} overlaps {q}"


@given(buffer_lists(), st.sampled_from([1, 64, 4096]))
def test_live_buffers_never_overlap(buffers: list[Buffer], alignment: int) -> None:
    plan = plan_memory(buffers, alignment)
    assert_valid(plan, buffers, alignment)
    assert plan.lower_bound == most_live(buffers, alignment) <= plan.peak
    assert plan.peak % alignment == 0


@given(buffer_lists(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_its_buffers(buffers: list[Buffer], rng: random.Random) -> None:
    shuffled = rng.sample(buffers, len(buffers))
    assert plan_memory(shuffled) == plan_memory(buffers)


@pytest.mark.parametrize(("layers", "seed"), list(itertools.product([5, 23, 101], range(5))))
def test_training_needs_little_more_than_what_is_live(layers: int, seed: int) -> None:
    buffers = training_buffers(layers, seed)
    plan = plan_memory(buffers)
    assert_valid(plan, buffers, 64)
    assert plan.peak <= 1.05 * plan.lower_bound


def test_thousands_of_buffers_are_planned_well() -> None:
    buffers = training_buffers(2000, seed=7)
    assert len(buffers) > 5000
    plan = plan_memory(buffers)
    assert plan.lower_bound == most_live(buffers, 64)
    assert plan.peak <= 1.05 * plan.lower_bound


def test_a_chain_needs_two_buffers() -> None:
    """Each layer reads one and writes the next: two of three are live at once, so the third takes the first's place."""
    plan = plan_memory([Buffer("x", 128, 0, 1), Buffer("y", 128, 1, 2), Buffer("z", 128, 2, 3)])
    offsets = {p.name: p.offset for p in plan.placements}
    assert plan.peak == plan.lower_bound == 256
    assert offsets["x"] == offsets["z"] != offsets["y"]


def test_buffers_of_one_kernel_do_not_share() -> None:
    plan = plan_memory([Buffer("read", 64, 0, 3), Buffer("written", 64, 3, 4)])
    assert plan.peak == 128


def test_where_every_order_fails_the_improvement_finds_the_best_plan() -> None:
    """Placed by size, by lifetime or by time, some buffer lies in the way of another: the peak would be 12 units."""
    unit = 64
    buffers = [
        Buffer("a", 4 * unit, 5, 8), Buffer("b", 2 * unit, 0, 1), Buffer("c", 5 * unit, 2, 3),
        Buffer("d", 5 * unit, 7, 7), Buffer("e", 3 * unit, 0, 0), Buffer("f", 3 * unit, 2, 5),
    ]  # fmt: skip
    plan = plan_memory(buffers)
    assert_valid(plan, buffers, unit)
    assert plan.peak == plan.lower_bound == 9 * unit


def test_nothing_needs_no_memory() -> None:
    assert plan_memory([]) == MemoryPlan((), 0, 0)


@pytest.mark.parametrize(
    ("buffers", "message"),
    [
        ([Buffer("x", 64, 0, 1), Buffer("x", 64, 2, 3)], "memory planning at 'x': two buffers have this name"),
        ([Buffer("x", 64, 3, 2)], "memory planning at 'x': impossible buffer"),
        ([Buffer("x", -1, 0, 0)], "memory planning at 'x': impossible buffer"),
    ],
)
def test_impossible_buffers_are_our_fault(buffers: list[Buffer], message: str) -> None:
    with pytest.raises(InternalError, match=message):
        plan_memory(buffers)
