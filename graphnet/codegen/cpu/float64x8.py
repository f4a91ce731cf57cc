"""Primitives on vectors of 8 float64 (AVX-512)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float64", 8)
