"""Lifetimes, against what can be read off a small order of kernels."""

from __future__ import annotations

from graphnet.analysis.liveness import Lifetime, lifetimes
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.schedule import FusedKernel


def chain() -> tuple[list[FusedKernel], dict[str, Value]]:
    """x -> a -> b -> c, and d = a + c: `a` is read again at the end."""
    b = Builder()
    x = Value("x", TensorType.batched(3), role="input")
    a = b.pointwise("a", lambda v: v + 1, x)
    second = b.pointwise("b", lambda v: v + 2, a)
    third = b.reshape(second, ("N", 1, 3), "c")
    d = b.pointwise("d", lambda u, v: u + v, a, b.reshape(third, ("N", 3), "flat"))
    kernels = [FusedKernel(n.name, (n,), n.inputs, n.outputs) for n in b.nodes]
    flat = kernels[3].writes[0]
    return kernels, {"x": x, "a": a, "b": second, "c": third, "flat": flat, "d": d}


def test_values_live_from_their_kernel_to_their_last_reader() -> None:
    kernels, values = chain()
    found = {value.name: lifetime for value, lifetime in lifetimes(kernels).items()}
    assert found == {
        "a": Lifetime(0, 4), "b": Lifetime(1, 2), "c": Lifetime(2, 3), "flat": Lifetime(3, 4), "d": Lifetime(4, 4),
    }  # fmt: skip
    assert values["x"].name not in found, "an input has memory of its own"


def test_results_live_to_the_end() -> None:
    kernels, values = chain()
    assert lifetimes(kernels, results=[values["b"], values["x"]])[values["b"]] == Lifetime(1, 4)


def test_values_that_share_memory_live_as_one() -> None:
    kernels, values = chain()
    shares = {values["flat"]: values["c"], values["c"]: values["b"]}
    found = lifetimes(kernels, results=[values["c"]], shares=shares)
    assert found[values["b"]] == Lifetime(1, 4)
    assert values["c"] not in found
    assert values["flat"] not in found


def test_lifetimes_overlap_where_they_touch_one_kernel() -> None:
    assert Lifetime(0, 3).overlaps(Lifetime(3, 5))
    assert not Lifetime(0, 2).overlaps(Lifetime(3, 5))
    assert Lifetime(0, 2).union(Lifetime(4, 5)) == Lifetime(0, 5)
