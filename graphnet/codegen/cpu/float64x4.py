"""Primitives on vectors of 4 float64 (AVX and AVX2)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float64", 4)
