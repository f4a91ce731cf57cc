"""What every operator promises, checked on the samples of `tests/ops/test_<operator>.py`.

`SAMPLES` there have finite differences; `EDGES`, if there are any, have not: NaN, infinities, equal elements, kinks.

A backend is a function of a sample and a mode that gives a `Run`; `BACKENDS` names those that must agree with the
samples' references, each with the relative error it may have. Gradients are compared with finite differences once,
where the operator stands alone, and then between the backends.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.core.types import BATCH
from graphnet.ir.operator import REGISTRY
from graphnet.testing.evaluate import evaluate
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import FROZEN, PREDICTION, TRAINING, Mode, Run, Sample, as_graph, gradient_errors, run
from graphnet.transforms.differentiate import differentiate
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import simplify


def run_passes(sample: Sample, mode: Mode) -> Run:
    """Run the sample as a network of its own, differentiated, lowered and simplified, with the NumPy evaluation."""
    graph, feeds = as_graph(sample, mode)
    if mode.training:
        graph = differentiate(graph, inputs=True)
    graph = simplify(lower(graph, training=mode.training))
    values = {value.name: value for value in (*graph.inputs, *graph.targets, *(p.value for p in graph.parameters))}
    known = evaluate(graph.nodes, {values[name]: array for name, array in feeds.items()}, sample.batch_size)
    scale = 1 if sample.operator.kind == "layer" else sample.upstream
    gradients = {
        name.removeprefix("layer."): known[value] * scale
        for name, value in {**graph.gradients, **graph.input_gradients}.items()
    }
    updates = {buffer.name.removeprefix("layer."): known[new] for buffer, new in graph.updates}
    return Run(known[graph.outputs["y"]], gradients, updates)


BACKENDS = {"alone": (run, 1e-10), "passes": (run_passes, 1e-8)}
MODES = {"training": TRAINING, "frozen": FROZEN, "prediction": PREDICTION}


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
DETERMINED = [sample for sample in chain(SMOOTH, *EDGES.values()) if sample.reference is not None]
"""All but those of dropout, whose own tests see to its randomness."""


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


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sample", DETERMINED, ids=str)
def test_output_is_the_references(sample: Sample, backend: str, mode: Mode) -> None:
    execute, tolerance = BACKENDS[backend]
    output, expected = execute(sample, mode).output, sample.expected(mode)
    declared = sample.operator.infer(*sample.types)[0]
    assert output.shape == tuple(sample.batch_size if extent == BATCH else extent for extent in declared.shape)
    assert output.shape == expected.shape
    np.testing.assert_allclose(output, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("mode", [TRAINING, FROZEN], ids=["training", "frozen"])
@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "alone"])
@pytest.mark.parametrize("sample", DETERMINED, ids=str)
def test_backends_agree(sample: Sample, backend: str, mode: Mode) -> None:
    execute, tolerance = BACKENDS[backend]
    found, alone = execute(sample, mode), run(sample, mode)
    for name, update in alone.updates.items():
        np.testing.assert_allclose(found.updates[name], update, rtol=tolerance, atol=tolerance, err_msg=name)
    assert found.updates.keys() == alone.updates.keys()
    for name, gradient in found.gradients.items():
        wanted = alone.gradients.get(name, np.zeros(gradient.shape))
        scale = max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(gradient, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize("mode", [TRAINING, FROZEN], ids=["training", "frozen"])
@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_gradients_are_finite_differences(sample: Sample, mode: Mode) -> None:
    errors = gradient_errors(sample, mode)
    assert errors
    assert all(error < 1e-7 for error in errors.values()), errors


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_float32_loses_only_rounding(sample: Sample) -> None:
    """Cancellation, overflow or a wrong order of operations would show here."""
    exact, rounded = run(sample), run(sample, dtype=np.float32)
    np.testing.assert_allclose(rounded.output, exact.output, rtol=2e-5, atol=2e-5)
    for name, gradient in exact.gradients.items():
        scale = max(1.0, float(np.abs(gradient).max()))
        np.testing.assert_allclose(rounded.gradients[name], gradient, rtol=1e-4, atol=2e-5 * scale, err_msg=name)


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_multiply_adds_are_those_of_the_contractions(sample: Sample) -> None:
    lowered = LoweredOperator(sample.operator, sample.types)
    assert sample.operator.macs(*sample.types) == sum(n.comprehension.macs() for n in lowered.forward_nodes)


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_equal_attributes_make_equal_operators(sample: Sample) -> None:
    """Operators are keys: of compiled kernels, and of equal nodes."""
    op = sample.operator
    again = type(op)(**{name: getattr(op, name) for name in op.__dataclass_fields__})
    assert again == op
    assert hash(again) == hash(op)
