"""What every operator promises, checked on the samples of `tests/ops/test_<operator>.py`.

A backend is a function of a sample and a mode that gives a `Run`; `BACKENDS` names those that must agree with the
samples' references, each with the relative error it may have.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import graphnet.ops  # noqa: F401 - registers the operators
import numpy as np
import pytest
from graphnet.core.types import BATCH
from graphnet.ir.operator import REGISTRY
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import FROZEN, PREDICTION, TRAINING, Mode, Sample, gradient_errors, run

BACKENDS = {"numpy": (run, 1e-10)}
MODES = {"training": TRAINING, "frozen": FROZEN, "prediction": PREDICTION}


def collect_samples() -> dict[str, list[Sample]]:
    """The `SAMPLES` of every test module in `tests/ops`, by operator."""
    found: dict[str, list[Sample]] = {}
    for path in sorted(Path(__file__).with_name("ops").glob("test_*.py")):
        spec = spec_from_file_location(f"samples_of_{path.stem}", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for sample in module.SAMPLES:
            assert path.stem == f"test_{sample.operator.name}", f"{path.name} holds a sample of {sample.operator.name}"
            found.setdefault(sample.operator.name, []).append(sample)
    return found


SAMPLES = collect_samples()
ALL = [sample for samples in SAMPLES.values() for sample in samples]


@pytest.mark.parametrize("name", REGISTRY)
def test_every_operator_has_samples_of_its_own(name: str) -> None:
    samples = SAMPLES.get(name, [])
    assert samples, f"tests/ops/test_{name}.py has no SAMPLES"
    assert len({sample.title for sample in samples}) == len(samples)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_operator_is_documented(name: str) -> None:
    doc = REGISTRY[name].__doc__ or ""
    assert "Gradient:" in doc
    assert "Example:" in doc
    attributes = [field for field in REGISTRY[name].__dataclass_fields__]
    assert all(f"{attribute}: " in doc.partition("Attributes:")[2] for attribute in attributes)
    assert REGISTRY[name].primary in (None, *attributes)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sample", ALL, ids=str)
def test_output_is_the_references(sample: Sample, backend: str, mode: Mode) -> None:
    execute, tolerance = BACKENDS[backend]
    output = execute(sample, mode).output
    expected = sample.expected(mode)
    declared = sample.operator.infer(*sample.types)[0]
    assert output.shape == tuple(sample.batch_size if extent == BATCH else extent for extent in declared.shape)
    if expected is not None:  # dropout's training is random; its own tests see to it
        assert output.shape == expected.shape
        np.testing.assert_allclose(output, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("mode", [TRAINING, FROZEN], ids=["training", "frozen"])
@pytest.mark.parametrize("sample", ALL, ids=str)
def test_gradients_are_finite_differences(sample: Sample, mode: Mode) -> None:
    errors = gradient_errors(sample, mode)
    assert errors
    assert all(error < 1e-7 for error in errors.values()), errors


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_float32_loses_only_rounding(sample: Sample) -> None:
    """Cancellation, overflow or a wrong order of operations would show here."""
    exact, rounded = run(sample), run(sample, dtype=np.float32)
    np.testing.assert_allclose(rounded.output, exact.output, rtol=2e-5, atol=2e-5)
    for name, gradient in exact.gradients.items():
        scale = max(1.0, float(np.abs(gradient).max()))
        np.testing.assert_allclose(rounded.gradients[name], gradient, rtol=1e-4, atol=2e-5 * scale, err_msg=name)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_multiply_adds_are_those_of_the_contractions(sample: Sample) -> None:
    lowered = LoweredOperator(sample.operator, sample.types)
    assert sample.operator.macs(*sample.types) == sum(n.comprehension.macs() for n in lowered.forward_nodes)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_equal_attributes_make_equal_operators(sample: Sample) -> None:
    """Operators are keys: of compiled kernels, and of equal nodes."""
    op = sample.operator
    again = type(op)(**{name: getattr(op, name) for name in op.__dataclass_fields__})
    assert again == op
    assert hash(again) == hash(op)
