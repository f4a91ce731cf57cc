"""Widths follow the machine's features and the environment; kernels compile on the plainest CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graphnet.codegen.cpu import vectors, vocabulary
from graphnet.core.diagnostics import RunError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(vectors, "host_features", lambda: frozenset(request.param))
    monkeypatch.setattr(vectors.platform, "machine", lambda: "x86_64")
    monkeypatch.delenv("GRAPHNET_LANES_BITS", raising=False)


@pytest.mark.parametrize(
    ("features", "lanes", "registers"),
    [({"avx512f", "avx2", "avx"}, 16, 16), ({"avx2", "avx"}, 8, 12), ({"sse2"}, 4, 12)],
    indirect=["features"],
)
def test_lanes_follow_features(features: None, lanes: int, registers: int) -> None:
    assert (vectors.host_lanes("float32"), vectors.host_lanes("float64")) == (lanes, lanes // 2)
    assert vectors.accumulators() == registers


@pytest.mark.parametrize("features", [{"avx512f", "avx"}], indirect=True)
def test_the_environment_narrows_vectors(features: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHNET_LANES_BITS", "256")
    assert vectors.host_lanes("float32") == 8
    monkeypatch.setenv("GRAPHNET_LANES_BITS", "100")
    with pytest.raises(RunError, match="128, 256 or 512"):
        vectors.host_lanes("float32")


def test_unknown_primitives_are_named() -> None:
    with pytest.raises(AttributeError, match="there is no primitive 'vlaod' for float32x16"):
        vocabulary.vocabulary("float32", 16)("vlaod")


def test_digests_cover_every_module_that_kernels_import() -> None:
    code = (
        "import sys, json, graphnet.codegen.cpu.float32x16, graphnet.codegen.cpu.walking\n"
        "print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.startswith('graphnet.codegen.cpu.')]))"
    )
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    loaded = {Path(file) for file in json.loads(output)} - {Path(vectors.__file__).with_name("float32x16.py")}
    assert loaded == set(vocabulary.SOURCES)


@pytest.mark.parametrize(
    "settings",
    [{"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, {"NUMBA_CPU_FEATURES": "+avx,+avx2,+sse4.1"}],
)
def test_kernels_run_without_fma(settings: dict[str, str], tmp_path: Path) -> None:
    """On such a CPU LLVM would turn a fused multiply-add into a call of the C library for each lane."""
    script = """
import numpy as np
from graphnet.codegen.cpu.vectors import has_fma, host_lanes
from graphnet.codegen.source import KernelSource
from graphnet.runtime.cache import compile_kernels
from graphnet.runtime.program import Program
lanes = host_lanes("float32")
kernel, = compile_kernels([KernelSource("narrow", f'''
from graphnet.codegen.cpu.float32x{lanes} import erf, exp, floor, fma, pointer, tile_3x2_1, vload, vstore

def kernel(args, worker, workers):
    p = pointer(args[1])
    acc = tile_3x2_1(p, 0, p, 0, (1, {lanes}, 2, 1, 1))
    vstore(p, 0, erf(exp(floor(fma(acc[0], 0.0, vload(p, 0))))))
''')])
x = np.linspace(-3, 3, 64, dtype=np.float32)
before = x.copy()
Program([kernel], [np.array([0, x.ctypes.data])], [False]).run(1)
import math
print(has_fma(), lanes, max(abs(math.erf(math.exp(math.floor(b))) - a) for a, b in zip(x[:lanes], before)))
"""
    environment = os.environ | settings | {"GRAPHNET_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    fma, lanes, error = done.stdout.split()
    assert fma == "False" and int(lanes) <= 8 and float(error) < 1e-6
