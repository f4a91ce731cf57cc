"""Primitives on vectors of 2 float64 (SSE and NEON)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float64", 2)
