"""The check of single kernels must find what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.runtime import executable
from graphnet.runtime.module import Module
from graphnet.testing.batches import random_batch
from graphnet.testing.kernels import check_kernels

Kernel = Callable[[Any, int, int], None]


def network() -> gn.Network:
    net = gn.Network("small")
    x = net.input("x", (3, 5, 2))
    h = gn.dropout(gn.relu(gn.conv2d(x, 4, kernel_size=3, padding=1, name="conv")), 0.5)
    net.loss(gn.cross_entropy(gn.linear(gn.flatten(h), 3), "label"))
    return net


def checked(
    monkeypatch: pytest.MonkeyPatch | None = None, change: Callable[[Kernel], Kernel] | None = None
) -> list[str]:
    """What is wrong with the network's kernels, the first of which is changed."""
    modules: list[Module] = []
    if monkeypatch is not None and change is not None:
        original, made = executable.interpret_kernel, []

        def interpret(source: Any) -> Kernel:
            made.append(source)
            kernel = original(source)
            return change(kernel) if len(made) == 1 else kernel

        monkeypatch.setattr(executable, "interpret_kernel", interpret)
    net = network()
    modules.append(compile_graph(net, batch_size=3, device="python", dtype="float64"))
    return check_kernels(modules[0], random_batch(net.graph, 2), "gradients")


def test_right_kernels_pass() -> None:
    assert checked() == []


def test_a_kernel_that_does_nothing_leaves_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = checked(monkeypatch, lambda kernel: lambda args, worker, workers: None)
    assert "conv" in problems[0]
    assert "differs by inf" in problems[0]
    assert "def kernel(args, worker, workers):" in problems[0]


def test_a_kernel_that_writes_elsewhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network()
    module = compile_graph(net, batch_size=3, device="python", dtype="float64")
    built = module.prepare("gradients")
    (arena,) = built.executable.arenas
    program = built.executable.program
    right = program.run_kernel

    def run(position: int) -> None:
        right(position)
        if position == 0:
            arena[-1] = 7  # behind the last value

    monkeypatch.setattr(program, "run_kernel", run)
    (problem,) = check_kernels(module, random_batch(net.graph, 2), "gradients")
    assert "writes 1 bytes outside of its outputs" in problem


def test_a_small_error_is_found_and_rounding_is_not() -> None:
    net = network()
    module = compile_graph(net, batch_size=3, device="python", dtype="float64")
    batch = random_batch(net.graph, 3)
    assert check_kernels(module, batch, "gradients", tolerance=1e-12) == []
    weights = module.parameters["conv.weight"]
    weights[1, 2, 0, 1] += 1e-6
    memory = module.store.memory("conv.weight")
    assert check_kernels(module, batch, "gradients", tolerance=1e-12) == []
    before = memory.copy()
    module.load_parameters({"conv.weight": weights}, strict=False)
    assert not np.array_equal(before, memory)
    assert check_kernels(module, batch, "gradients", tolerance=1e-12) == [], "the parameters are those of the module"
