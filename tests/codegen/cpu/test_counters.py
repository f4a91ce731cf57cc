"""Random numbers: the same everywhere, and random enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphnet.codegen.cpu.counters import mix_key

Run = Callable[..., None]

BODY = """
for i in range({count}):
    vstore(pointer(args[1]), i * {lanes}, uniform(args[2], args[3] + i * {lanes} * args[4], args[4]))
"""


def _numbers(run: Run, vector: str, count: int, key: int, base: int, stride: int, compiled: bool) -> np.ndarray:
    dtype, lanes = vector.split("x")
    y = np.zeros(count, dtype)
    run(vector, BODY.format(count=count // int(lanes), lanes=lanes), [y, key, base, stride], compiled)
    return y.astype(np.float64)


def test_the_same_numbers_for_every_vector_type(run: Run, vector: str, compiled: bool) -> None:
    got = _numbers(run, vector, 64, -123456789, 2**40, 3, compiled)
    np.testing.assert_array_equal(got, _numbers(run, "float64x2", 64, -123456789, 2**40, 3, False))


def test_first_numbers_are_those_of_splitmix64(run: Run) -> None:
    # The published generator with seed 0 gives 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f.
    want = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    np.testing.assert_array_equal(
        _numbers(run, "float32x4", 4, 0, 1, 1, True)[:3], [(number >> 40) / 2**24 for number in want]
    )


def test_numbers_are_uniform_and_uncorrelated(run: Run) -> None:
    n = 1 << 16
    x, y = (_numbers(run, "float32x16", n, mix_key(1, key), 0, 1, True) for key in (0, 1))
    assert x.min() >= 0 and x.max() < 1
    histogram = np.bincount((x * 256).astype(int), minlength=256)
    assert ((histogram - n / 256) ** 2 / (n / 256)).sum() < 340  # chi square, 255 degrees: 1 in 5,000
    for other in (y, np.roll(x, 1), np.roll(x, 16)):
        assert abs(np.corrcoef(x, other)[0, 1]) < 4 / np.sqrt(n)


def test_mix_key_is_the_same_compiled(run: Run) -> None:
    for a, b in [(0, 0), (1, 2), (-5, 2**62), (2**63 - 1, -(2**63))]:
        got = np.zeros(1, np.int64)
        run("float64x2", "istore(pointer_i64(args[1]), 0, mix_key(args[2], args[3]))", [got, a, b])
        assert got[0] == mix_key(a, b)
    assert len({mix_key(a, b) for a in range(-30, 30) for b in range(-30, 30)}) == 3600
