"""Settings of the optimizer by parameter."""

from __future__ import annotations

import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.frontend.parameter_groups import settings_by_parameter
from graphnet.ir.graph import Initializer, Parameter, ParameterSpec, Value
from graphnet.ir.optimizer import Group, ParameterSettings
from graphnet.ops.optimizers.sgd import SGD


def parameter(path: str, *, trainable: bool = True, decay: bool = True) -> Parameter:
    spec = ParameterSpec((3,), Initializer("zeros"), decay=decay)
    return Parameter(path, Value(path, TensorType((3,)), role="parameter"), spec, trainable)


PARAMETERS = [
    parameter("encoder.conv.weight"),
    parameter("encoder.norm.weight", decay=False),
    parameter("fc.weight"),
    parameter("fc.bias"),
    parameter("frozen.weight", trainable=False),
]


def test_without_groups_decay_follows_the_operators() -> None:
    assert settings_by_parameter(SGD(weight_decay=0.1), PARAMETERS) == {
        "encoder.conv.weight": ParameterSettings(weight_decay=0.1),
        "encoder.norm.weight": ParameterSettings(weight_decay=0.0),
        "fc.weight": ParameterSettings(weight_decay=0.1),
        "fc.bias": ParameterSettings(weight_decay=0.1),
    }


def test_later_groups_replace_what_earlier_ones_say_and_leave_the_rest() -> None:
    groups = (
        Group(match="*", lr_scale=0.1),
        Group(match="fc.*", lr_scale=10, weight_decay=0.3),
        Group(match="*.bias", weight_decay=0),
        Group(match="*.norm.*", weight_decay=0.2),
    )
    assert settings_by_parameter(SGD(weight_decay=0.1, groups=groups), PARAMETERS) == {
        "encoder.conv.weight": ParameterSettings(0.1, 0.1),
        "encoder.norm.weight": ParameterSettings(0.1, 0.2),
        "fc.weight": ParameterSettings(10, 0.3),
        "fc.bias": ParameterSettings(10, 0),
    }


def test_groups_that_match_nothing_are_all_reported() -> None:
    groups = (Group(match="fc"), Group(match="fc.*"), Group(match="frozen.*"))
    with pytest.raises(SpecError) as caught:
        settings_by_parameter(SGD(groups=groups), PARAMETERS)
    assert [d.at for d in caught.value.diagnostics] == [
        "train.optimizer.sgd.groups[0]",
        "train.optimizer.sgd.groups[2]",
    ]
    assert "did you mean `fc.*`?" in str(caught.value)
