"""ONNX Runtime's way to make a prediction: the network as PyTorch exports it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import onnxruntime
import torch
from contestants import Array, Batch, Contestant
from torch_ways import tensors_of, torch_module

from graphnet.network import Network


def onnx_contestant(network: Network, weights: Mapping[str, Array], batch: Batch, threads: int) -> Contestant:
    """A prediction by ONNX Runtime on this CPU.

    Args:
        network: whose counterpart in PyTorch to export.
        weights: by path.
        batch: inputs.
        threads: that work on one operator.

    Raises:
        NoCounterpartError: PyTorch has no such network.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        _exported(network, weights, batch), options, providers=["CPUExecutionProvider"]
    )
    names = [given.name for given in session.get_inputs()]
    feeds = dict(zip(names, (batch[value.name] for value in network.graph.inputs), strict=True))

    def step() -> Array:
        found: Array = session.run(None, feeds)[0]
        return found

    return Contestant("ONNX Runtime", step)


def _exported(network: Network, weights: Mapping[str, Array], batch: Batch) -> bytes:
    """The model as ONNX, its batch normalisations folded into the convolutions before them."""
    module = torch_module(network, weights).eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated; the other one needs one more package
        torch.onnx.export(module, tuple(tensors_of(network, torch.contiguous_format, batch)), file, dynamo=False)
    return file.getvalue()
