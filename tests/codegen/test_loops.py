"""How loops are cut to walk layouts, and where reads fall; checked by walking."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from graphnet.codegen.access import Access, Shift, locate
from graphnet.codegen.loops import Cut, Part, cut_loops
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import axis_loops
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import Load
from graphnet.ir.layout import Layout, blocked, filters, merged, plain
from graphnet.runtime.arrays import pack

LANES = 4
SAMPLES = 2


def reading(shape: tuple[int | str, ...], reduce: tuple[Loop, ...] = ()) -> tuple[Comprehension, Read]:
    """A comprehension that reads its operand at its own position."""
    loops = axis_loops(shape)  # type: ignore[arg-type]
    read = Read(0, tuple(Index.of(loop.name) for loop in loops))
    return Comprehension(
        "f", tuple(loop for loop in loops if loop not in reduce), reduce, (read,), (Result(Load(0)),)
    ), read


def positions(cut: Cut, loops: tuple[Loop, ...]) -> list[tuple[dict[str, int], tuple[int, ...]]]:
    """All positions of the physical loops that exist, with the logical ones."""
    parts = [part for loop in loops for part in cut[loop.name]]
    found = []
    for numbers in itertools.product(*(range(SAMPLES if p.extent == BATCH else int(p.extent)) for p in parts)):
        at = {part.name: number for part, number in zip(parts, numbers, strict=True)}
        logical = tuple(sum(at[p.name] * p.step for p in cut[loop.name]) for loop in loops)
        if all(
            at_ < (SAMPLES if loop.extent == BATCH else int(loop.extent))
            for at_, loop in zip(logical, loops, strict=True)
        ):
            found.append((at, logical))
    return found


def assert_walks(op: Comprehension, read: Read, layout: Layout, cut: Cut, shape: tuple[int | str, ...]) -> Access:
    """Every element that the read falls on lies where `locate` says."""
    access = locate(read, layout, shape, cut)  # type: ignore[arg-type]
    assert access is not None
    extents = [SAMPLES if e == BATCH else int(e) for e in shape]
    array = np.arange(float(np.prod(extents))).reshape(extents)
    memory = np.full(layout.size(SAMPLES) + 64, np.nan)
    pack(array, memory, layout, shape)  # type: ignore[arg-type]
    loops = (*op.out, *op.reduce)
    walked = 0
    for at, logical in positions(cut, loops):
        names = dict(zip((loop.name for loop in loops), logical, strict=True))
        element = [sum(c * names[n] for n, c in i.terms) + i.offset for i in read.index]
        if any(not 0 <= e < n for e, n in zip(element, extents, strict=True)):
            continue
        place = access.constant + sum(stride * at[name] for name, stride in access.strides.items())
        assert memory[place] == array[tuple(element)], (at, element)
        walked += 1
    assert walked
    return access


SHAPE = (BATCH, 7, 5, 3)


@pytest.mark.parametrize(
    "layout", [plain(SHAPE), plain(SHAPE, halo=2), blocked(SHAPE, 1, LANES), blocked(SHAPE, 1, LANES, 1)]
)
def test_an_element_lies_at_the_sum_of_strides(layout: Layout) -> None:
    op, read = reading(SHAPE)
    cut = cut_loops(op, layout, [(read, layout)])
    assert cut is not None
    access = assert_walks(op, read, layout, cut, SHAPE)
    assert access.bounds == ()
    assert access.quotients == ()


def test_channels_are_cut_into_blocks_and_lanes() -> None:
    op, read = reading(SHAPE)
    layout = blocked(SHAPE, 1, LANES)
    cut = cut_loops(op, layout, [(read, layout)])
    assert cut is not None
    block, lane = cut["c"]
    assert (block.name, block.step, block.extent) == ("cb", LANES, 2)
    assert (lane.name, lane.step, lane.extent, lane.units, lane.block) == ("cl", 1, LANES, 7, "cb")
    assert lane.is_ragged
    assert lane.ends_early
    assert cut["h"] == (Part("h", 1, 5),)


def test_one_block_that_is_not_full_does_not_end_early() -> None:
    shape = (BATCH, 3, 5)
    op, read = reading(shape)
    layout = blocked(shape, 1, LANES)
    cut = cut_loops(op, layout, [(read, layout)])
    assert cut is not None
    assert [(p.is_ragged, p.ends_early) for p in cut["c"]] == [(False, False), (True, False)]


def test_a_plain_operand_follows_the_cut_of_the_output() -> None:
    op, read = reading(SHAPE)
    out, operand = blocked(SHAPE, 1, LANES), plain(SHAPE)
    cut = cut_loops(op, out, [(read, operand)])
    assert cut is not None
    assert_walks(op, read, operand, cut, SHAPE)
    assert_walks(op, read, out, cut, SHAPE)


def test_two_cuts_of_one_loop_do_not_agree() -> None:
    shape = (BATCH, 17, 3)
    op, read = reading(shape)
    assert cut_loops(op, blocked(shape, 1, LANES), [(read, blocked(shape, 1, 2 * LANES))]) is None


def test_an_operand_with_lanes_elsewhere_cuts_another_loop() -> None:
    op, read = reading(SHAPE)
    out, operand = blocked(SHAPE, 1, LANES), blocked(SHAPE, 2, LANES)
    cut = cut_loops(op, out, [(read, operand)])
    assert cut is not None
    assert [p.name for p in cut["h"]] == ["hb", "hl"]
    assert cut["h"][1].ends_early, "5 rows in blocks of 4"
    assert_walks(op, read, operand, cut, SHAPE)
    assert_walks(op, read, out, cut, SHAPE)


def test_a_flattened_map_is_walked_as_the_map() -> None:
    flat = (BATCH, 105)
    layout = merged(blocked(SHAPE, 1, LANES), SHAPE, flat)
    assert layout is not None
    op, read = reading(flat)
    cut = cut_loops(op, layout, [(read, layout)])
    assert cut is not None
    assert [(p.step, p.extent) for p in cut["c"]] == [(60, 2), (3, 5), (1, 3), (15, 4)] or sorted(
        (p.step, p.extent) for p in cut["c"]
    ) == [(1, 3), (3, 5), (15, 4), (60, 2)]
    assert_walks(op, read, layout, cut, flat)


def test_weights_are_reduced_over_whole_blocks_of_inputs() -> None:
    type = TensorType((7, 5, 3, 3))
    layout = filters((7, 5, 3, 3), LANES)
    op, read = reading(type.shape, reduce=())
    cut = cut_loops(op, layout, [(read, layout)])
    assert cut is not None
    assert_walks(op, read, layout, cut, type.shape)


@pytest.mark.parametrize(("stride", "dilation", "padding"), [(1, 1, 0), (2, 1, 1), (1, 2, 2), (3, 2, 1)])
def test_windows_fall_at_strides_and_say_where_they_stick_out(stride: int, dilation: int, padding: int) -> None:
    shape = (BATCH, 7, 11)
    index = (Index.of("n"), Index.of("c"), Index((("w", stride), ("i", dilation)), -padding))
    read = Read(0, index)
    count = (11 + 2 * padding - dilation * 2 - 1) // stride + 1
    out = (Loop("n", BATCH), Loop("c", 7), Loop("w", count))
    op = Comprehension("windows", out, (Loop("i", 3),), (read,), (Result(Load(0), "max"),))
    y, x = blocked((BATCH, 7, count), 1, LANES), blocked(shape, 1, LANES, 2)
    cut = cut_loops(op, y, [(read, x)])
    assert cut is not None
    access = assert_walks(op, read, x, cut, shape)
    assert [i for i, _ in access.bounds] == ([index[2]] if padding else [])


def sliced(offset: int, taps: int = 1, factor: int = 1) -> tuple[Comprehension, Read]:
    """8 channels of 12, from `offset` on; or, of each, the sum of `taps`."""
    index = Index((("c", factor), ("j", 1)), offset) if taps > 1 else Index((("c", 1),), offset, is_part=offset == 0)
    read = Read(0, (Index.of("n"), index, Index.of("w")))
    out = (Loop("n", BATCH), Loop("c", 8), Loop("w", 5))
    reduce = (Loop("j", taps),) if taps > 1 else ()
    return Comprehension("slice", out, reduce, (read,), (Result(Load(0), "sum" if reduce else None),)), read


@pytest.mark.parametrize("offset", [4, -4, 8, 0])
def test_whole_blocks_of_lanes_move(offset: int) -> None:
    """Concat and slice along channels, where the offset is a multiple of the lanes."""
    op, read = sliced(offset)
    x = blocked((BATCH, 12, 5), 1, LANES)
    cut = cut_loops(op, blocked((BATCH, 8, 5), 1, LANES), [(read, x)])
    assert cut is not None
    access = assert_walks(op, read, x, cut, (BATCH, 12, 5))
    assert bool(access.bounds) == (not 0 <= offset <= 4)
    assert access.shift is None


@pytest.mark.parametrize(("offset", "taps"), [(3, 1), (-1, 1), (-2, 5), (0, 3)])
def test_lanes_shift_by_any_number_of_positions(offset: int, taps: int) -> None:
    op, read = sliced(offset, taps)
    x = blocked((BATCH, 12, 5), 1, LANES)
    cut = cut_loops(op, blocked((BATCH, 8, 5), 1, LANES), [(read, x)])
    assert cut is not None
    assert locate(read, x, (BATCH, 12, 5), cut) is None, "vectors that run along another loop cannot"  # type: ignore[arg-type]
    access = locate(read, x, (BATCH, 12, 5), cut, "c")  # type: ignore[arg-type]
    assert access is not None
    by = Index((("j", 1),) if taps > 1 else (), offset)
    assert access.shift == Shift("c", by, stride=5 * LANES, extent=12)
    assert access.strides == {"n": 60, "cb": 5 * LANES, "cl": 1, "w": LANES}
    assert access.bounds == (), "lanes that fall outside are the shift's own concern"


def test_lanes_shift_where_blocks_follow_each_other() -> None:
    """Then the axis has one stride, but a vector may still stick out at its ends."""
    shape = (BATCH, 12)
    read = Read(0, (Index.of("n"), Index((("c", 1), ("j", 1)), -LANES)))
    op = Comprehension("sum", (Loop("n", BATCH), Loop("c", 12)), (Loop("j", 3),), (read,), (Result(Load(0), "sum"),))
    x = blocked(shape, 1, LANES)
    assert x.linear_stride(1) == 1
    cut = cut_loops(op, x, [(read, x)])
    assert cut is not None
    access = locate(read, x, shape, cut, "c")  # type: ignore[arg-type]
    assert access is not None
    assert access.shift == Shift("c", Index((("j", 1),), -LANES), stride=LANES, extent=12)


def test_lanes_that_stride_are_no_shift() -> None:
    op, read = sliced(0, taps=3, factor=2)
    x = blocked((BATCH, 18, 5), 1, LANES)
    cut = cut_loops(op, blocked((BATCH, 8, 5), 1, LANES), [(read, x)])
    assert cut is not None
    assert locate(read, x, (BATCH, 18, 5), cut, "c") is None  # type: ignore[arg-type]


def test_a_fraction_is_a_quotient() -> None:
    shape = (BATCH, 7, 5)
    index = Index((("w", 1), ("i", -1)), 1, 2)
    read = Read(0, (Index.of("n"), Index.of("c"), index))
    out = (Loop("n", BATCH), Loop("c", 7), Loop("w", 9))
    op = Comprehension("gather", out, (Loop("i", 3),), (read,), (Result(Load(0), "sum"),))
    x = blocked(shape, 1, LANES)
    cut = cut_loops(op, blocked((BATCH, 7, 9), 1, LANES), [(read, x)])
    assert cut is not None
    access = locate(read, x, shape, cut)  # type: ignore[arg-type]
    assert access is not None
    assert access.quotients == ((index, LANES, 5),)
    assert access.bounds == ((index, 5),), "fractions take no part, so there is always a bound"
