"""Primitives on vectors of 16 float32 (AVX-512)."""

from graphnet.codegen.cpu.vocabulary import vocabulary

__getattr__ = vocabulary("float32", 16)
