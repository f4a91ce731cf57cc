"""Elementary functions of vectors, named as in NumPy.

The bounds are measured on dense grids with FMA, in units in the last place (ulp), and hold wherever the result is a
normal number; subnormal results lose accuracy gradually. The interpreter calls NumPy or the C library, so it differs
from the compiled code within the sum of their errors.
"""

from __future__ import annotations

import math

import numpy as np

from graphnet.codegen.cpu import approximations
from graphnet.codegen.cpu.primitive import Vector, primitive


@primitive(approximations.exp)
def exp(x: Vector) -> Vector:
    """e**x; error at most 2 ulp. Becomes infinite or 0 where the format ends."""
    return np.asarray(np.exp(x))


@primitive(approximations.expm1)
def expm1(x: Vector) -> Vector:
    """e**x - 1, also where x is tiny; error at most 2 ulp."""
    return np.asarray(np.expm1(x))


@primitive(approximations.log)
def log(x: Vector) -> Vector:
    """The natural logarithm; error at most 1 ulp. -inf at zero, NaN below; subnormal x are taken exactly."""
    return np.asarray(np.log(x))


@primitive(approximations.log1p)
def log1p(x: Vector) -> Vector:
    """log(1 + x), also where x is tiny; error at most 1 ulp. -inf at -1, NaN below."""
    return np.asarray(np.log1p(x))


@primitive(approximations.tanh)
def tanh(x: Vector) -> Vector:
    """The hyperbolic tangent; error at most 3 ulp."""
    return np.asarray(np.tanh(x))


@primitive(approximations.sigmoid)
def sigmoid(x: Vector) -> Vector:
    """1 / (1 + e**-x); error at most 3 ulp; 0 where e**-x is infinite (the true value is then subnormal)."""
    return 1.0 / (1.0 + np.exp(np.negative(x)))


@primitive(approximations.erf)
def erf(x: Vector) -> Vector:
    """The error function; error at most 4 ulp."""
    lanes = np.asarray(x)
    return np.array([math.erf(lane) for lane in lanes.ravel().tolist()], lanes.dtype).reshape(lanes.shape)


@primitive(approximations.arctan)
def arctan(x: Vector) -> Vector:
    """The inverse tangent; error at most 2 ulp."""
    return np.asarray(np.arctan(x))


@primitive(approximations.sin)
def sin(x: Vector) -> Vector:
    """The sine, for |x| up to 8,192 in float32 and a million in float64; absolute error at most 1 ulp of 1."""
    return np.asarray(np.sin(x))


@primitive(lambda simd, x: approximations.sin(simd, x, quarter_turns=1))
def cos(x: Vector) -> Vector:
    """The cosine, with the limits of `sin`."""
    return np.asarray(np.cos(x))


@primitive(
    lambda simd, x, y: simd.where(y.compare("==", 0.0), 1.0, approximations.exp(simd, y * approximations.log(simd, x)))
)
def power(x: Vector, y: Vector) -> Vector:
    """x**y for x >= 0, as exp(y * log(x)): relative error about (2 + |y log x|) ulp.

    x**0 is 1, 0**y is 0 or infinity, 1**y is 1; a negative x gives NaN, even for a whole y: multiply instead.
    """
    return np.where(np.equal(y, 0.0), 1.0, np.exp(np.multiply(y, np.log(x)))).astype(np.result_type(x, y))
