"""Primitives on vectors of 8 float32 (AVX and AVX2)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float32", 8)
