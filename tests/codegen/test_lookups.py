"""Reads at positions that other reads give, and sums of few terms: kernels against the direct evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.core.types import TensorType
from graphnet.frontend.network import Network
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Fold, Index, Loop, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.testing.arrays import distinct, labels
from graphnet.testing.kernels import check_kernels
from graphnet.testing.samples import PREDICTION, Sample, as_graph

WIDTHS = (128, 256, 512)
SAMPLES, LENGTH, ROWS, FEATURES = 2, 7, 19, 11


@dataclass(frozen=True)
class Looked(Operator):
    """A comprehension over n, l and c that reads a table at the positions that tokens (N, length) give.

    Attributes:
        index: of the table, where the token is read 0.
        fold: over l, if there is one.
    """

    index: tuple[Index, ...]
    fold: Fold | None = None
    name = "looked"

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (TensorType.batched(*([] if self.fold else [LENGTH]), FEATURES),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        sample, position, feature = Loop("n", "N"), Loop("l", LENGTH), Loop("c", FEATURES)
        out, folded = ([sample, feature], [position]) if self.fold else ([sample, position, feature], [])
        reads = [(inputs[0], [Index.of("n"), Index.of("l")]), (inputs[1], self.index)]
        return b.fold("looked", out, folded, reads, Result(Load(1), self.fold))[0]


def problems(net: object, bits: int, batch: dict[str, np.ndarray], purpose: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHNET_LANES_BITS", str(bits))
        return check_kernels(compile_graph(net, batch_size=3, device="python", dtype="float64"), batch, purpose)


N, L, C, TOKEN = Index.of("n"), Index.of("l"), Index.of("c"), Index.given_by(0)
TABLES = {
    "rows of a sample's table": ((SAMPLES, ROWS, FEATURES), (N, TOKEN, C)),
    "columns of a sample's table": ((SAMPLES, FEATURES, ROWS), (N, C, TOKEN)),
    "a row of the sample's own": ((SAMPLES, ROWS), (N, TOKEN)),
    "a window at a position": ((SAMPLES, ROWS, LENGTH + FEATURES), (N, TOKEN, Index((("l", 1), ("c", 1)), -3))),
    "the batch": ((SAMPLES, FEATURES), (TOKEN, C)),
    "two positions alike": ((SAMPLES, ROWS, ROWS), (N, TOKEN, TOKEN)),
}


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("fold", [None, "sum", "max"])
@pytest.mark.parametrize("what", TABLES)
def test_positions_that_a_read_gives(what: str, fold: Fold | None, bits: int) -> None:
    """Some are outside: those take no part in a fold, and give the fill where nothing is folded."""
    shape, index = TABLES[what]
    tokens = labels((SAMPLES, LENGTH), ROWS + 4) - 2
    sample = Sample(Looked(index, fold), (tokens, distinct(shape)), None)
    graph, feeds = as_graph(sample, PREDICTION)
    found = problems(SimpleNamespace(graph=graph), bits, feeds, "predict")
    assert not found, "\n\n".join(found)


def tied() -> Network:
    """A table that two embeddings and a penalty share, so that its gradients are added up."""
    net = gn.Network("tied")
    first, second = (net.input(name, (LENGTH,), dtype="int32") for name in ("first", "second"))
    x = gn.embedding(first, num_embeddings=ROWS, embedding_dim=FEATURES, name="table")
    y = net.share("table", second)
    net.loss(gn.squared_error(gn.flatten(gn.multiply(x, y)), "target"))
    net.loss(gn.l2("*"), weight=0.1)
    return net


@pytest.mark.parametrize("bits", WIDTHS)
def test_sums_of_few_terms_for_one_table(bits: int) -> None:
    net = tied()
    batch = {
        "first": labels((SAMPLES, LENGTH), ROWS), "second": labels((SAMPLES, LENGTH), ROWS, seed=1),
        "target": distinct((SAMPLES, LENGTH * FEATURES)),
    }  # fmt: skip
    found = problems(net, bits, batch, "gradients")
    assert not found, "\n\n".join(found)


def test_a_table_is_searched_once_for_all_features() -> None:
    (stage,) = compile_graph(tied(), batch_size=3, device="python").prepare("gradients").executable.stages
    sources = [
        made.source.text for kernel, made in stage.kernels if kernel.root.comprehension.shared_condition is not None
    ]
    assert len(sources) == 2
    for text in sources:
        search, _, found = text.partition("if any_lane(counts):")
        assert search.count("for w in range") == found.count("for w in range") == 1
