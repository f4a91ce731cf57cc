"""The PyTorch models that graphnet's networks are compared with, by the network's name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

MODELS = Path(__file__).parents[1] / "tests" / "parity" / "models"


class Counterpart(NamedTuple):
    """A class in `tests/parity/models`; its parameters have the paths of the spec's.

    Attributes:
        file: without its ending.
        name: of the class.
        settings: the class's arguments that are params of the spec.
    """

    file: str
    name: str
    settings: tuple[str, ...] = ()


COUNTERPARTS = {
    "lenet5": Counterpart("lenet5", "LeNet5"),
    "mlp": Counterpart("mlp", "MLP", ("features", "hidden", "classes")),
    "digits": Counterpart("digits", "Digits", ("width", "classes")),
    "resnet18": Counterpart("resnet18", "ResNet18", ("classes",)),
}


def make_counterpart(network: str, params: Mapping[str, Any]) -> Any:
    """The PyTorch model of a network, with weights of its own.

    Args:
        network: its name.
        params: of the spec.

    Raises:
        KeyError: there is none.
    """
    counterpart = COUNTERPARTS[network]
    spec = spec_from_file_location(f"counterpart_{counterpart.file}", MODELS / f"{counterpart.file}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, counterpart.name)(**{key: params[key] for key in counterpart.settings if key in params})
