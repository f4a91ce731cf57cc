"""What every operator promises, checked on the samples of `tests/ops/test_<operator>.py`.

`SAMPLES` there have finite differences; `EDGES`, if there are any, have not: NaN, infinities, equal elements, kinks.

A backend runs a sample: the operator alone by the NumPy evaluation, a network of it after the passes, and the
generated kernels, interpreted and compiled. The outputs of the first are compared with the samples' references, its
gradients with finite differences, and then all others with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.analysis.cost import node_macs
from graphnet.codegen.cpu.counters import mix_key
from graphnet.codegen.cpu.vectors import accumulators, vector_bits
from graphnet.codegen.generate import CpuTarget
from graphnet.compiler import Options, comprehensions_of, generated, kernels_of, planned
from graphnet.core.types import BATCH
from graphnet.ir.graph import Graph, Value
from graphnet.ir.operator import REGISTRY
from graphnet.runtime.executable import Executable
from graphnet.runtime.inspection import Inspector
from graphnet.runtime.store import Store
from graphnet.testing.evaluate import evaluate
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import FROZEN, PREDICTION, TRAINING, Mode, Run, Sample, as_graph, gradient_errors, run
from graphnet.transforms.differentiate import differentiate
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import simplify

MODES = {"training": TRAINING, "frozen": FROZEN, "prediction": PREDICTION}


# -- backends ----------------------------------------------------------------------------------------------------


def run_passes(sample: Sample, mode: Mode) -> Run:
    """A network of the operator, differentiated, lowered and simplified, by the NumPy evaluation."""
    graph, feeds = differentiated(sample, mode)
    graph = simplify(lower(graph, training=mode.training))
    values = {value.name: value for value in (*graph.inputs, *graph.targets, *(p.value for p in graph.parameters))}
    known = evaluate(graph.nodes, {values[name]: array for name, array in feeds.items()}, sample.batch_size)
    return collected(sample, {name: known[value] for name, value in everything(graph).items()})


@dataclass(frozen=True)
class Kernels:
    """The generated kernels, for a batch size that leaves room.

    Vectors are as wide as the machine's by default; interpreted kernels may have any width, whatever the machine.
    """

    device: str
    dtype: str
    bits: int = vector_bits()
    fusion: bool = True
    workers: int = 1
    filtering: float | None = None

    def __call__(self, sample: Sample, mode: Mode) -> Run:
        graph, feeds = differentiated(sample, mode)
        lanes = self.bits // (np.dtype(self.dtype).itemsize * 8)
        target = CpuTarget(self.dtype, lanes, accumulators(self.bits), sample.batch_size + 2)
        options, inspect = Options(target, self.fusion, self.filtering), Inspector(str(sample))
        lowered = comprehensions_of(graph, training=mode.training, options=options, inspect=inspect)
        lowered = replace(
            lowered, outputs=everything(lowered), losses=(), gradients={}, input_gradients={}, updates=()
        )  # fmt: skip
        trainable = [p.path for p in graph.parameters if p.trainable]
        store = Store(graph, self.dtype, options.target.lanes, [trainable])
        for path in store.parameters:
            store.write(path, feeds[path])
        laid = kernels_of(lowered, options=options, given=store.laid(), inspect=inspect)
        schedule = planned(laid, options=options, placed=set(store.places()))
        stage = generated(laid, schedule, options=options, inspect=inspect)
        step = np.array([0, mix_key(0, 0), 0, 0, 0, 0, 0, 0])
        batch = options.target.batch
        executable = Executable([stage], store.places(), step, self.device, self.dtype, batch)
        executable.feed(feeds)
        step[0] = sample.batch_size  # a regulariser is fed nothing
        with np.errstate(all="ignore"):
            executable.run(self.workers)
        outputs = laid.fused.graph.outputs
        return collected(sample, {name: executable.fetch(v, sample.batch_size) for name, v in outputs.items()})


def differentiated(sample: Sample, mode: Mode) -> tuple[Graph, dict[str, np.ndarray]]:
    """The sample's network, with gradients if it trains, and arrays to feed."""
    graph, feeds = as_graph(sample, mode)
    return (differentiate(graph, inputs=True) if mode.training else graph), feeds


def everything(graph: Graph) -> dict[str, Value]:
    """What a lowered graph computes: `y`, `gradient of x0`, `new running_mean`."""
    gradients = {**graph.gradients, **graph.input_gradients}
    return {
        "y": graph.outputs["y"],
        **{f"gradient of {name.removeprefix('layer.')}": value for name, value in gradients.items()},
        **{f"new {buffer.name.removeprefix('layer.')}": new for buffer, new in graph.updates},
    }


def collected(sample: Sample, arrays: dict[str, np.ndarray]) -> Run:
    scale = 1 if sample.operator.kind == "layer" else sample.upstream

    def named(prefix: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    gradients = {name: gradient * scale for name, gradient in named("gradient of ").items()}
    return Run(arrays["y"], gradients, named("new "))


BACKENDS: dict[str, tuple[Callable[[Sample, Mode], Run], float]] = {
    "passes": (run_passes, 1e-9),
    "interpreted": (Kernels("python", "float64"), 1e-9),
    "unfused": (Kernels("python", "float64", fusion=False), 1e-9),
    "compiled": (Kernels("cpu", "float32"), 2e-5),
}
"""Each with the error that it may have, relative to the largest number."""
WIDTHS = (128, 256, 512)
PRECISIONS = {"float32": 2e-5, "float64": 1e-9}


@cache
def alone(sample: Sample, mode: Mode) -> Run:
    return run(sample, mode)


# -- samples -----------------------------------------------------------------------------------------------------


def collect_samples(name: str) -> dict[str, list[Sample]]:
    """The lists of this name in the test modules of `tests/ops`, by operator."""
    found: dict[str, list[Sample]] = {}
    for path in sorted(Path(__file__).with_name("ops").glob("test_*.py")):
        spec = spec_from_file_location(f"samples_of_{path.stem}", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for sample in getattr(module, name, []):
            assert path.stem == f"test_{sample.operator.name}", f"{path.name} holds a sample of {sample.operator.name}"
            found.setdefault(sample.operator.name, []).append(sample)
    return found


SAMPLES, EDGES = collect_samples("SAMPLES"), collect_samples("EDGES")
SMOOTH = list(chain(*SAMPLES.values()))
ALL = [*SMOOTH, *chain(*EDGES.values())]
DETERMINED = [sample for sample in ALL if sample.reference is not None]
"""All but those of dropout, whose own tests see to its randomness."""

every_smooth_sample = pytest.mark.parametrize("sample", SMOOTH, ids=str)


def runs(samples: list[Sample], *, gradients: bool = False) -> pytest.MarkDecorator:
    """Every sample in the modes that differ for it: freezing changes parameters, and what training does at random."""

    def is_special(sample: Sample) -> bool:
        return bool(sample.parameters) or sample.prediction is not None or sample.reference is None

    chosen = [
        pytest.param(sample, mode, id=f"{sample}-{name}")
        for sample in samples
        for name, mode in MODES.items()
        if (mode != FROZEN or is_special(sample)) and (mode.training or not gradients)
    ]
    return pytest.mark.parametrize(("sample", "mode"), chosen)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_operator_has_samples_of_its_own(name: str) -> None:
    assert name in SAMPLES, f"tests/ops/test_{name}.py has no SAMPLES"
    titles = [sample.title for sample in (*SAMPLES[name], *EDGES.get(name, []))]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_operator_is_documented(name: str) -> None:
    doc = REGISTRY[name].__doc__ or ""
    assert "Gradient:" in doc
    assert "Example:" in doc
    attributes = list(REGISTRY[name].__dataclass_fields__)
    assert all(f"{attribute}: " in doc.partition("Attributes:")[2] for attribute in attributes)
    assert REGISTRY[name].primary in (None, *attributes)


# -- values ------------------------------------------------------------------------------------------------------


@runs(DETERMINED)
def test_output_is_the_references(sample: Sample, mode: Mode) -> None:
    output, expected = alone(sample, mode).output, sample.expected(mode)
    declared = sample.operator.infer(*sample.types)[0]
    assert output.shape == tuple(sample.batch_size if extent == BATCH else extent for extent in declared.shape)
    assert output.shape == expected.shape
    np.testing.assert_allclose(output, expected, rtol=1e-10, atol=1e-10)


@runs(SMOOTH, gradients=True)
def test_gradients_are_finite_differences(sample: Sample, mode: Mode) -> None:
    errors = gradient_errors(sample, mode)
    assert errors
    assert all(error < 1e-7 for error in errors.values()), errors


@every_smooth_sample
def test_float32_loses_only_rounding(sample: Sample) -> None:
    """Cancellation, overflow or a wrong order of operations would show here."""
    assert_agrees(run(sample, dtype=np.float32), alone(sample, TRAINING), 2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@runs(ALL)
def test_backends_agree(sample: Sample, backend: str, mode: Mode) -> None:
    execute, tolerance = BACKENDS[backend]
    found, wanted = execute(sample, mode), alone(sample, mode)
    assert_agrees(found, wanted, tolerance)
    without = {name for name in wanted.gradients if mode.frozen and name in sample.parameters}
    without |= {v.name for v in as_graph(sample, mode)[0].targets}
    assert found.gradients.keys() >= wanted.gradients.keys() - without


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("bits", WIDTHS)
@every_smooth_sample
def test_interpreted_kernels_of_every_width_agree(sample: Sample, bits: int, dtype: str) -> None:
    assert_agrees(Kernels("python", dtype, bits)(sample, TRAINING), alone(sample, TRAINING), PRECISIONS[dtype])


@every_smooth_sample
def test_kernels_compiled_for_float64_agree(sample: Sample) -> None:
    assert_agrees(Kernels("cpu", "float64")(sample, TRAINING), alone(sample, TRAINING), PRECISIONS["float64"])


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("bits", [bits for bits in WIDTHS if bits < vector_bits()])
@pytest.mark.parametrize("name", SAMPLES)
def test_kernels_compiled_for_narrow_vectors_agree(name: str, bits: int, dtype: str) -> None:
    """Of the first sample of each operator."""
    sample = SAMPLES[name][0]
    assert_agrees(Kernels("cpu", dtype, bits)(sample, TRAINING), alone(sample, TRAINING), PRECISIONS[dtype])


@every_smooth_sample
def test_any_number_of_workers_gives_the_same_bits(sample: Sample) -> None:
    one, several = (Kernels("cpu", "float32", workers=n)(sample, TRAINING) for n in (1, 3))
    assert_agrees(several, one, 0.0)


@pytest.mark.parametrize("sample", [s for name in ("conv2d", "conv_transpose2d") for s in SAMPLES[name]], ids=str)
def test_convolutions_by_minimal_filtering_agree(sample: Sample) -> None:
    """Wherever that is possible, worth it or not."""
    found = Kernels("python", "float64", filtering=0.0)(sample, TRAINING)
    assert_agrees(found, alone(sample, TRAINING), 1e-9)


def assert_agrees(found: Run, wanted: Run, tolerance: float) -> None:
    """Compare outputs, updates and the gradients found; one that an operator does not give is zero."""
    assert found.updates.keys() == wanted.updates.keys()
    pairs = {"output": (found.output, wanted.output)}
    pairs |= {f"new {name}": (update, wanted.updates[name]) for name, update in found.updates.items()}
    for name, gradient in found.gradients.items():
        pairs[f"gradient of {name}"] = gradient, wanted.gradients.get(name, np.zeros(gradient.shape))
    for name, (array, expected) in pairs.items():
        scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)))
        np.testing.assert_allclose(array, expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)


# -- what operators say of themselves ----------------------------------------------------------------------------


@every_smooth_sample
def test_multiply_adds_are_those_of_the_contractions(sample: Sample) -> None:
    lowered = LoweredOperator(sample.operator, sample.types)
    assert sample.operator.macs(*sample.types) == sum(map(node_macs, lowered.forward_nodes))


@every_smooth_sample
def test_equal_attributes_make_equal_operators(sample: Sample) -> None:
    """Operators are keys: of compiled kernels, and of equal nodes."""
    op = sample.operator
    again = type(op)(**{name: getattr(op, name) for name in op.__dataclass_fields__})
    assert again == op
    assert hash(again) == hash(op)
