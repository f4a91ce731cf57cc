"""Where the time of a step goes, kernel by kernel.

Every kernel runs between barriers, so its time is its own, and includes waiting for its slowest worker. Multiply-adds
count two operations; bytes are those of the values that the kernel reads and writes, each once, wherever they lie:
a rate above the memory's means that they came from a cache. `nesting` says which emitter wrote the kernel: a register
tile, or a loop nest.

    python tools/profile_kernels.py specs/lenet/lenet5.yaml
    python tools/profile_kernels.py specs/digits.yaml --purpose predict --threads 1 --top 10
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from contestants import graphnet_module, random_batch
from peak import MultiplyAddPeak
from rich.console import Console
from rich.table import Table

import graphnet
from graphnet.analysis.cost import node_macs
from graphnet.core.types import BATCH
from graphnet.ir.graph import Value
from graphnet.runtime.arrays import numpy_dtype
from graphnet.runtime.executable import Executable
from graphnet.runtime.module import Module
