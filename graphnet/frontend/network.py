"""A network: what a spec becomes, and what is written layer by layer in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.analysis.summary import Summary, summarise
from graphnet.core.diagnostics import AttributeProblem, Diagnostic, SpecError, nearest
from graphnet.core.types import DType, TensorType
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.call_site import CallSite, call_site
from graphnet.frontend.problems import diagnose
from graphnet.frontend.settings import SettingsError, as_settings, construct, read_definition
from graphnet.frontend.suspicions import find_suspicions
from graphnet.frontend.tensor import Tensor
from graphnet.frontend.term import Term
from graphnet.frontend.to_yaml import to_yaml
from graphnet.ir.definitions import INITIALISERS, METRICS, Definition
from graphnet.ir.graph import Graph, Node, Scope, Value
from graphnet.ir.operator import REGISTRY, Operator
