"""The primitives of CPU kernels: a SIMD value type with NumPy-named functions on it, and the contraction tile.

| module | what |
|---|---|
| `vectors` | the types, and how wide they are on this machine |
| `emission` | LLVM values with Python's operators |
| `primitive` | how a Python function gets a lowering |
| `arithmetic`, `memory`, `constants`, `counters`, `vector_math`, `tile` | the primitives |
| `interpreted_memory` | pointers, uncompiled |
| `vocabulary`, `float32x16`, ... | what a kernel imports |
"""
