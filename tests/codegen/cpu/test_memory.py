"""Loads and stores of every element type, and that they touch nothing else."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable

import numpy as np
import pytest

Run = Callable[..., None]

_NO_ACCESS = 0  # PROT_NONE, which the module mmap does not name

ELEMENTS = {"u8": np.uint8, "i32": np.int32, "i64": np.int64, "f32": np.float32, "f64": np.float64}


@pytest.mark.parametrize("short", ELEMENTS)
def test_every_element_type_is_converted(run: Run, vector: str, short: str, compiled: bool) -> None:
    dtype, lanes = vector.split("x")
    x = np.arange(100, 100 + 3 * int(lanes) + 1).astype(ELEMENTS[short])
    y, z = np.zeros(int(lanes), dtype), np.zeros_like(x)
    body = f"""
x = pointer_{short}(args[1]); z = pointer_{short}(args[3]); n = {lanes}
v = vload(x, 1)
vstore(pointer(args[2]), 0, v + 0.75)
vstore(z, 1, v + 0.75)
sstore(z, 0, sload(x, 0) + 1)
vscatter(z, n + 1, 2, vgather(x, n + 1, 2))
"""
    run(vector, body, [x, y, z], compiled)
    n = int(lanes)
    np.testing.assert_array_equal(y, x[1 : n + 1] + 0.75)
    np.testing.assert_array_equal(z[: n + 1], (x[: n + 1] + np.r_[1, [0.75] * n]).astype(z.dtype))
    np.testing.assert_array_equal(z[n + 1 :: 2], x[n + 1 :: 2])
    assert not z[n + 2 :: 2].any()


@pytest.mark.parametrize("short", ELEMENTS)
def test_first_lanes_only(run: Run, vector: str, short: str, compiled: bool) -> None:
    n = int(vector.split("x")[1])
    x = np.arange(1, 3 * n + 1).astype(ELEMENTS[short])
    for count in range(n + 2):
        y, z = np.full((2, 3 * n), 77, ELEMENTS[short])
        body = f"""
x = pointer_{short}(args[1]); y = pointer_{short}(args[2]); z = pointer_{short}(args[3])
vstore_first(y, 2, vload_first(x, 1, args[4]) + 1, args[4])
vscatter_first(z, 1, 2, vgather_first(x, 0, 2, args[4]) * 2, args[4])
vstore(y, args[5], vload_first(x, 0, args[4]))
"""
        run(vector, body, [x, y, z, count, 2 * n], compiled)
        real = min(count, n)
        want = np.full(3 * n, 77, ELEMENTS[short])
        want[2 : 2 + real] = x[1 : 1 + real] + 1
        want[2 * n :] = np.where(np.arange(n) < count, x[:n], 0)
        np.testing.assert_array_equal(y, want)
        want = np.full(3 * n, 77, ELEMENTS[short])
        want[1 : 1 + 2 * real : 2] = 2 * x[: 2 * real : 2]
        np.testing.assert_array_equal(z, want)


@pytest.mark.parametrize("short", ["u8", "f32", "f64"])
def test_shifted_lanes_straddle_blocks(run: Run, vector: str, short: str, compiled: bool) -> None:
    """An axis of n + 1 positions in two blocks that lie 2 n apart, read from its first block at every distance."""
    n = int(vector.split("x")[1])
    extent, stride = n + 1, 2 * n
    axis = np.arange(1, extent + 1)
    x = np.full(3 * n, 99, ELEMENTS[short])
    x[:n], x[stride] = axis[:n], axis[n]
    shifts = range(-2 * n - 1, 2 * n + 2)
    y = np.full((len(shifts), 2, n), 77, vector.split("x")[0])
    body = f"""
x = pointer_{short}(args[1]); y = pointer(args[2])
for k in range({len(shifts)}):
    shift = k - {2 * n + 1}
    v = vload_shifted(x, 0, {stride}, shift, 0, {extent})
    vstore(y, k * {stride}, v)
    vstore(y, k * {stride} + {n}, where(lanes_inside(shift, {extent}), v, splat(-1)))
"""
    run(vector, body, [x, y], compiled)
    for shift, (found, marked) in zip(shifts, y, strict=True):
        at = shift + np.arange(n)
        inside = (at >= 0) & (at < extent)
        wanted = np.where(inside, at + 1, 0)
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(marked, np.where(inside, wanted, -1))


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("short", ["u8", "i32", "i64"])
def test_lanes_are_looked_up(run: Run, vector: str, short: str, blocks: bool, compiled: bool) -> None:
    """Positions before and behind an axis of 2 n + 1, which is whole or cut into blocks that lie 3 n apart."""
    n = int(vector.split("x")[1])
    extent = 2 * n + 1
    axis = np.arange(1, extent + 1, dtype=vector.split("x")[0])
    x = np.full(10 * n, 99, axis.dtype)
    places = np.arange(extent)
    places = places // n * 3 * n + places % n if blocks else places * 2
    x[1 + places] = axis
    q = np.resize([0, extent - 1, n, extent, 200, 1, n - 1], 2 * n).astype(ELEMENTS[short])
    if short != "u8":
        q[4::7] = -1
    y = np.full((n + 2, n), 77, axis.dtype)
    body = f"""
x = pointer(args[1]); q = pointer_{short}(args[2]); y = pointer(args[3])
for count in range({n + 2}):
    vstore(y, count * {n}, vlookup(x, 1, q, 0, 2, count, {f"{n}, {3 * n}, 1" if blocks else "0, 0, 2"}, {extent}))
"""
    run(vector, body, [x, q, y], compiled)
    at = q[::2].astype(int)
    found = np.where((at >= 0) & (at < extent), at + 1, 0)
    for count, lanes in enumerate(y):
        np.testing.assert_array_equal(lanes, np.where(np.arange(n) < count, found, 0))


def test_partial_loads_stop_at_the_end_of_memory(run: Run, vector: str) -> None:
    """The elements lie at the end of the last page that may be read, so one lane too many would crash."""
    n = int(vector.split("x")[1])
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    memory = np.frombuffer(pages, np.uint8)
    libc = ctypes.CDLL(None)
    guard = memory.ctypes.data + mmap.PAGESIZE
    assert libc.mprotect(ctypes.c_void_p(guard), mmap.PAGESIZE, _NO_ACCESS) == 0
    item = np.dtype(vector.split("x")[0]).itemsize
    y = np.ones(n, vector.split("x")[0])
    body = f"""
x = pointer(args[1])
vstore_first(x, 0, lanes() + 5, 1)
vstore(pointer(args[2]), 0, vload_first(x, 0, 1) + vgather_first(x, 0, {n}, 1))
"""
    run(vector, body, [guard - item, y])
    np.testing.assert_array_equal(y, [10, *[0] * (n - 1)])
    assert libc.mprotect(ctypes.c_void_p(guard), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE) == 0


def test_constants_zero_and_tables(run: Run, vector: str, compiled: bool) -> None:
    dtype, lanes = vector.split("x")
    n = int(lanes)
    table, bytes_ = np.array([3, -4], np.int32), np.array([200], np.uint8)
    y, t = np.ones((5, n), dtype), np.zeros(3, np.int64)
    body = f"""
y = pointer(args[1]); t = pointer_i64(args[2])
zero(y, {n}, 2)
vstore(y, 0, lanes() * 2)
vstore(y, {3 * n}, where(first_lanes(2), splat(0.1), splat(7)))
istore(t, 0, iload(pointer_i32(args[3]), 1))
istore(t, 1, iload(pointer_u8(args[4]), 0))
istore(t, 2, iload(t, 0) * 2)
"""
    run(vector, body, [y, t, table, bytes_], compiled)
    want = np.ones((5, n), dtype)
    want[0], want[1:3], want[3] = 2 * np.arange(n), 0, np.where(np.arange(n) < 2, np.dtype(dtype).type(0.1), 7)
    np.testing.assert_array_equal(y, want)
    assert t.tolist() == [-4, 200, -8]


def test_tickets_are_handed_out_once(run: Run, compiled: bool) -> None:
    seen = np.zeros(10, np.int64)
    body = """
seen = pointer_i64(args[1])
task = next_task(args[0])
while task < args[2]:
    istore(seen, task, iload(seen, task) + 1)
    task = next_task(args[0])
"""
    run("float64x2", body, [seen, 10], compiled)
    assert seen.tolist() == [1] * 10
