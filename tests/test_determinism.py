"""The same numbers, bit for bit: on any number of threads, from a cold or a warm cache, in this process or another."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.runtime import program

Array = np.ndarray[Any, Any]

ROOT = Path(gn.__file__).parents[1]
LENET, DIGITS = (ROOT / "specs" / name for name in ("lenet/lenet5.yaml", "digits.yaml"))
STEPS = 5
MOST_THREADS = 7

SCRIPT = """\
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from {module} import digest, train
print(digest(train(Path({spec!r}), {samples})[0]))
"""


def train(spec: Path, samples: int, **options: Any) -> tuple[dict[str, Array], list[float]]:
    """Train for a few steps on batches of different sizes.

    Returns:
        everything that lasts from step to step, and the losses.
    """
    model = gn.compile(spec, batch_size=samples, **options)
    (image,), (label,) = model.graph.inputs, model.graph.targets
    rng = np.random.default_rng(7)
    losses = []
    for step in range(STEPS):
        count = samples - step  # the last batch of an epoch is smaller
        x = rng.standard_normal((count, *image.type.sample_shape), np.float32)
        losses.append(model.train_step({image.name: x, label.name: rng.integers(0, 10, count, np.int32)}))
    return {**model.parameters, **model.optimizer_state()}, losses


def digest(arrays: dict[str, Array]) -> str:
    """A hash of all bits."""
    hasher = hashlib.sha256()
    for name, array in arrays.items():
        hasher.update(f"{name} {array.dtype} {array.shape}".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("spec", "samples"), [(LENET, 37), (DIGITS, 41)], ids=["lenet5", "digits"])
def test_threads_do_not_matter(spec: Path, samples: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state, losses = train(spec, samples, threads=1, dtype=dtype)
    assert len(set(losses)) == STEPS
    monkeypatch.setattr(program, "default_workers", lambda: MOST_THREADS)  # whatever this machine has
    for threads in (2, 3, MOST_THREADS):
        again, same = train(spec, samples, threads=threads, dtype=dtype)
        assert same == losses
        assert digest(again) == digest(state)


def test_a_cold_and_a_warm_cache_give_the_same(tmp_path: Path) -> None:
    run = _in_another_process(LENET, 37, tmp_path)
    cold = run()
    compiled = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.code")}
    assert compiled
    warm = run()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.code")} == compiled
    assert warm == cold == digest(train(LENET, 37)[0])


def test_seeds_decide_what_is_random() -> None:
    first, _ = train(DIGITS, 41, seed=3)
    again, _ = train(DIGITS, 41, seed=3)
    other, _ = train(DIGITS, 41, seed=4)
    assert digest(first) == digest(again)
    assert all(not np.array_equal(first[path], other[path]) for path in first if path.endswith("conv.weight"))


def test_gradients_do_not_disturb_training() -> None:
    """Predicting and asking for gradients between steps leaves no trace."""
    plain, observed = (gn.compile(DIGITS, batch_size=13) for _ in range(2))
    rng = np.random.default_rng(8)
    for _ in range(3):
        batch = {"image": rng.standard_normal((13, 1, 8, 8)), "label": rng.integers(0, 10, 13)}
        observed.predict(batch)
        loss, _ = observed.loss_and_gradients(batch)
        assert observed.loss_and_gradients(batch)[0] == loss
        observed.evaluate_batch(batch)
        assert plain.train_step(batch) == observed.train_step(batch) == loss
    assert digest(dict(plain.parameters)) == digest(dict(observed.parameters))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-11)])
@pytest.mark.parametrize(("spec", "samples"), [(LENET, 7), (DIGITS, 7)], ids=["lenet5", "digits"])
def test_the_interpreter_agrees(spec: Path, samples: int, dtype: str, tolerance: float) -> None:
    state, losses = train(spec, samples, dtype=dtype)
    interpreted, same = train(spec, samples, dtype=dtype, device="python")
    np.testing.assert_allclose(same, losses, rtol=tolerance)
    for name, array in state.items():
        error = np.linalg.norm(interpreted[name] - array) / max(np.linalg.norm(array), 1e-12)
        assert error < tolerance, name


def _in_another_process(spec: Path, samples: int, cache: Path) -> Callable[[], str]:
    """A function that trains in a fresh process with its own kernel cache, and gives the digest."""
    here = Path(__file__)
    script = SCRIPT.format(tests=str(here.parent), module=here.stem, spec=str(spec), samples=samples)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"GRAPHNET_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(paths)}

    def run() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return run
