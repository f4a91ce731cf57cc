import numpy as np

from graphnet.core.types import TensorType
from graphnet.ops.binary_cross_entropy import BinaryCrossEntropy
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x, t):
    p = 1 / (1 + np.exp(-x))
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


def targets(shape):
    return (distinct(shape, seed=1) > 0).astype(float)


SAMPLES = [
    Sample(BinaryCrossEntropy(), (distinct((3, 1)), targets((3, 1))), reference, title="one unit"),
    Sample(BinaryCrossEntropy(), (distinct((3, 5)), targets((3, 5))), reference),
    Sample(BinaryCrossEntropy(), (distinct((3, 1, 7, 11)), targets((3, 1, 7, 11))), reference, title="mask"),
    Sample(BinaryCrossEntropy(), (distinct((3, 5)), distinct((3, 5), low=0, high=1)), reference, title="soft"),
]

LOGITS, LABELS = np.array([[100.0, -100.0, 1e4, -50.0]]), np.array([[1.0, 0.0, 0.0, 0.0]])
CERTAIN = Sample(BinaryCrossEntropy(), (LOGITS, LABELS), lambda x, t: 1e4 / 4, title="certain")
EDGES = [CERTAIN]


def test_certain_predictions_in_float32() -> None:
    result = run(CERTAIN, dtype=np.float32)
    np.testing.assert_allclose(result.output, 1e4 / 4)
    np.testing.assert_allclose(
        run(Sample(BinaryCrossEntropy(), (LOGITS[:, 3:], LABELS[:, 3:]), None)).output, np.exp(-50)
    )
    np.testing.assert_allclose(result.gradients["x0"], [[0, 0, 1 / 4, 0]], atol=1e-12)


def test_the_target_has_the_logits_type() -> None:
    assert BinaryCrossEntropy().target(TensorType.batched(1)) == TensorType.batched(1)
