"""What the initialisers that scale by fan have in common."""

from __future__ import annotations

import math
from typing import Literal

FanMode = Literal["fan_in", "fan_out"]
Nonlinearity = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


def gain(nonlinearity: Nonlinearity, slope: float) -> float:
    """The factor that makes up for what a nonlinearity takes from the variance, as PyTorch's calculate_gain.

    Args:
        nonlinearity: what follows.
        slope: negative slope of leaky_relu.
    """
    match nonlinearity:
        case "tanh":
            return 5 / 3
        case "relu":
            return math.sqrt(2)
        case "leaky_relu":
            return math.sqrt(2 / (1 + slope**2))
        case "selu":
            return 3 / 4
        case _:
            return 1.0


def chosen_fan(mode: FanMode, fan_in: int, fan_out: int) -> int:
    """The fan to scale by; at least 1, for a parameter that nothing reaches."""
    return max(1, fan_in if mode == "fan_in" else fan_out)
