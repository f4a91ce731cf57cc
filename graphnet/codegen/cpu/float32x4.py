"""Primitives on vectors of 4 float32 (SSE and NEON)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float32", 4)
