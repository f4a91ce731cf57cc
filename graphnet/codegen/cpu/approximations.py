"""Straight-line approximations of elementary functions, on LLVM values.

Each one reduces its argument to a short interval, evaluates a polynomial there and puts the result together, without
branches. The coefficients are weighted least-squares fits at Chebyshev nodes, reweighted towards the minimax polynomial
(Lawson) in 50-digit arithmetic; the error of each polynomial is under a tenth of a unit in the last place. Reductions
follow W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980, and Sun's fdlibm.

Special values flow through: comparisons are written so that a NaN takes the branch that keeps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from graphnet.codegen.cpu.emission import Floats, Integers, Simd

Coefficients = tuple[float, ...]


@dataclass(frozen=True)
class Format:
    """What the approximations need to know about float32 or float64; polynomials have the highest power first."""

    mantissa: int  # bits after the binary point
    bias: int  # of the exponent
    smallest: float  # normal number
    exp_range: tuple[float, float]  # outside, exp is 0 or infinity
    expm1_least: float  # below, expm1 is -1
    tanh_most: float  # above, tanh is 1
    ln2: tuple[float, float]  # high part with trailing zero bits, so that small multiples are exact; rest
    half_pi: tuple[float, ...]  # three parts, likewise
    half_pi_rest: float  # pi/2 minus the float nearest to it
    exp: Coefficients  # (exp(r) - 1 - r) / r**2, |r| <= ln(2) / 2
    log: Coefficients  # (2 atanh(s) / s - 2) / s**2 in powers of s**2, |s| <= 0.172
    erf_core: Coefficients  # erf(x) / x in powers of x**2, |x| <= 1
    erf_tail: Coefficients  # log(erfc(x)) in powers of t, x from 1 to erf_most, t from -1 to 1
    erf_most: float  # above, erf is 1
    arctan: Coefficients  # (arctan(y) - y) / y**3 in powers of y**2, |y| <= tan(pi / 8)
    sin: Coefficients  # (sin(r) - r) / r**3 in powers of r**2, |r| <= pi / 4
    cos: Coefficients  # (cos(r) - 1 + r**2 / 2) / r**4 in powers of r**2

    @property
    def rounder(self) -> float:
        """Added to a small number, leaves no bits behind the binary point: the sum's last bits are the integer."""
        return 1.5 * 2.0**self.mantissa


# fmt: off
FORMATS = {
    "float32": Format(
        mantissa=23, bias=127, smallest=2.0**-126, exp_range=(-104.0, 89.0), expm1_least=-18.0, tanh_most=10.0,
        ln2=(0.693115234375, 3.1946184945309415e-05),
        half_pi=(1.5703125, 0.0004837512969970703, 7.549789948768648e-08), half_pi_rest=-4.371139000186243e-08,
        exp=(0.0013940930366516113, 0.008363175205886364, 0.04166637733578682, 0.16666576266288757, 0.5),
        log=(0.2958202064037323, 0.39988720417022705, 0.6666668653488159),
        erf_core=(7.888959953561425e-05, -0.0008020793320611119, 0.005189530085772276, -0.026854442432522774,
                  0.11283600330352783, -0.3761262595653534, 1.1283791065216064),
        erf_tail=(-0.0003705483104567975, 0.0007040893542580307, -0.0032723417971283197, 0.010967936366796494,
                  -0.03663060814142227, -2.1237566471099854, -8.029021263122559, -7.806815147399902),
        erf_most=4.0,
        arctan=(-0.06466648727655411, 0.10748794674873352, -0.142645001411438, 0.19999559223651886,
                -0.3333333134651184),
        sin=(-0.00019588007126003504, 0.008332748897373676, -0.166666641831398),
        cos=(2.4548038709326647e-05, -0.001388830365613103, 0.0416666641831398),
    ),
    "float64": Format(
        mantissa=52, bias=1023, smallest=2.0**-1022, exp_range=(-746.0, 710.0), expm1_least=-38.0, tanh_most=20.0,
        ln2=(0.6931471805601177, -1.7239444525614835e-13),
        half_pi=(1.5707963276654482, -8.705515692000731e-10, -3.503434396954818e-19),
        half_pi_rest=6.123233995736766e-17,
        exp=(2.092149621736849e-09, 2.5105207043258712e-08, 2.7557253191657133e-07, 2.7557255423937643e-06,
             2.480158734704665e-05, 0.00019841269874802122, 0.0013888888888874524, 0.008333333333326141,
             0.041666666666666685, 0.1666666666666667, 0.5),
        log=(0.14617721048077115, 0.15331609357749917, 0.18182892841042414, 0.22222211078104087, 0.28571428626366385,
             0.39999999999898517, 0.666666666666667),
        erf_core=(-7.801124628706896e-10, 1.3722939801114636e-08, -1.62091669543522e-07, 1.6447516431334775e-06,
                  -1.492474455531845e-05, 0.00012055295314462453, -0.0008548325989479661, 0.005223977607418577,
                  -0.026866170643275573, 0.1128379167094525, -0.3761263890318355, 1.1283791670955126),
        erf_tail=(-2.8301126100505877e-05, -0.00020344653326819135, -0.0006340787467769797, -0.0011703468838364425,
                  -0.0013533678154062554, -0.0009974110129394398, -0.00040977155599311653, 0.00010393977096349625,
                  -0.0002001093279449089, 0.0009524969860674145, -0.002360833744412795, 0.005953103898991179,
                  -0.014385613211635345, 0.03412817590072562, -0.08165092432111033, -6.042206590424441,
                  -18.165248970656602, -14.112437402141493),
        erf_most=6.0,
        arctan=(-0.019227570621552805, 0.03927518005745684, -0.05087038234211862, 0.05858469945220271,
                -0.06664550660858386, 0.07692186155881571, -0.09090904714642635, 0.11111111018867763,
                -0.14285714284715076, 0.19999999999995774, -0.3333333333333333),
        sin=(-7.586700954356484e-13, 1.6058531689986202e-10, -2.5052106232940293e-08, 2.7557319219340743e-06,
             -0.00019841269841265068, 0.008333333333333331, -0.16666666666666666),
        cos=(-1.1382639716002868e-11, 2.087614638083345e-09, -2.755731727233664e-07, 2.4801587298767024e-05,
             -0.0013888888888887398, 0.041666666666666664),
    ),
}
# fmt: on


def exp(simd: Simd, x: Floats) -> Floats:
    """exp(x) = 2**n * exp(r), with x = n ln(2) + r."""
    least, most = FORMATS[simd.vector.dtype].exp_range
    r, n = _reduce_exp(simd, _clamp(simd, x, least, most))
    p = _exp_without_one(simd, r) + 1.0
    half = n >> 1  # in two steps, since 2**n itself may be too large or too small for a float
    return p * _power_of_two(simd, half) * _power_of_two(simd, n - half)


def expm1(simd: Simd, x: Floats) -> Floats:
    """exp(x) - 1 = 2**n * (exp(r) - 1) + (2**n - 1)."""
    format = FORMATS[simd.vector.dtype]
    r, n = _reduce_exp(simd, _clamp(simd, x, format.expm1_least, format.exp_range[1]))
    half = _power_of_two(simd, n - 1)  # half of 2**n, which alone may be too large
    result = simd.fma(half, _exp_without_one(simd, r), half - 0.5) * 2.0
    tiny = simd.intrinsic("fabs", x) < 0.25 * 2.0**-format.mantissa
    return simd.where(tiny, x, result)  # keeps the sign of zero


def log(simd: Simd, x: Floats, correction: Floats | None = None) -> Floats:
    """log(x) = k ln(2) + log(1 + f), with x = 2**k * (1 + f) and 1 + f between sqrt(1/2) and sqrt(2).

    Args:
        correction: a small number added to the logarithm before it is rounded.
    """
    format = FORMATS[simd.vector.dtype]
    subnormal = x < format.smallest
    normal = simd.where(subnormal, x * 2.0**format.mantissa, x)
    exponent = (normal.bits() - simd.floats(math.sqrt(0.5)).bits()) >> format.mantissa
    f = (normal.bits() - (exponent << format.mantissa)).as_floats() - 1.0
    k = exponent.to_floats() - simd.where(subnormal, float(format.mantissa), 0.0)
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    small = s * simd.fma(z, _polynomial(simd, format.log, z), half_square)
    low = simd.fma(k, format.ln2[1], small) if correction is None else small + simd.fma(k, format.ln2[1], correction)
    result = simd.fma(k, format.ln2[0], f - (half_square - low))
    result = simd.where(x < math.inf, result, x)
    return simd.where(x > 0.0, result, simd.where(x.compare("==", 0.0), -math.inf, math.nan))


def log1p(simd: Simd, x: Floats) -> Floats:
    """log(1 + x) = log(u) + (1 + x - u) / u, where u is 1 + x rounded."""
    u = x + 1.0
    return log(simd, u, (x - (u - 1.0)) / u)


def tanh(simd: Simd, x: Floats) -> Floats:
    """tanh(x) = e / (e + 2), with e = exp(2 |x|) - 1, and the sign of x."""
    size = _clamp(simd, simd.intrinsic("fabs", x), 0.0, FORMATS[simd.vector.dtype].tanh_most)
    e = expm1(simd, size + size)
    return simd.intrinsic("copysign", e / (e + 2.0), x)


def sigmoid(simd: Simd, x: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return 1.0 / (exp(simd, -x) + 1.0)


def erf(simd: Simd, x: Floats) -> Floats:
    """Near zero an odd polynomial, else 1 - exp(polynomial)."""
    format = FORMATS[simd.vector.dtype]
    size = _clamp(simd, simd.intrinsic("fabs", x), 0.0, format.erf_most)
    center, radius = (format.erf_most + 1.0) / 2.0, (format.erf_most - 1.0) / 2.0
    tail = 1.0 - exp(simd, _polynomial(simd, format.erf_tail, (size - center) * (1.0 / radius)))
    core = x * _polynomial(simd, format.erf_core, size * size)
    return simd.where(size < 1.0, core, simd.intrinsic("copysign", tail, x))


def arctan(simd: Simd, x: Floats) -> Floats:
    """arctan(t) = arctan(y) + c, with y = t, (t - 1) / (t + 1) or -1 / t and c = 0, pi/4 or pi/2."""
    format = FORMATS[simd.vector.dtype]
    size = simd.intrinsic("fabs", x)
    middle, large = size > math.tan(math.pi / 8), size > math.tan(3 * math.pi / 8)
    above = simd.where(large, -1.0, simd.where(middle, size - 1.0, size))
    y = above / simd.where(large, size, simd.where(middle, size + 1.0, 1.0))
    z = y * y
    c = simd.where(large, 1.0, simd.where(middle, 0.5, 0.0))
    small = simd.fma(z * y, _polynomial(simd, format.arctan, z), c * format.half_pi_rest)
    return simd.intrinsic("copysign", c * (math.pi / 2) + (y + small), x)


def sin(simd: Simd, x: Floats, quarter_turns: int = 0) -> Floats:
    """sin(x + quarter_turns * pi/2), with x = n pi/2 + r."""
    format = FORMATS[simd.vector.dtype]
    shifted = simd.fma(x, 2.0 / math.pi, format.rounder)
    n = shifted - format.rounder
    r = x
    for part in format.half_pi:
        r = simd.fma(n, -part, r)
    z = r * r
    sine = simd.fma(z * r, _polynomial(simd, format.sin, z), r)
    cosine = simd.fma(z * z, _polynomial(simd, format.cos, z), 1.0 - 0.5 * z)
    quadrant = shifted.bits() + quarter_turns
    result = simd.where((quadrant & 1).is_zero(), sine, cosine)
    return simd.where((quadrant & 2).is_zero(), result, -result)


def _clamp(simd: Simd, x: Floats, least: float, most: float) -> Floats:
    """x within bounds; a NaN stays."""
    bounded = simd.where(x < least, least, x)
    return simd.where(bounded > most, most, bounded)


def _reduce_exp(simd: Simd, x: Floats) -> tuple[Floats, Integers]:
    """r and n with x = n ln(2) + r."""
    format = FORMATS[simd.vector.dtype]
    shifted = simd.fma(x, 1.0 / math.log(2.0), format.rounder)
    n = shifted - format.rounder
    r = simd.fma(n, -format.ln2[1], simd.fma(n, -format.ln2[0], x))
    return r, shifted.bits() - simd.floats(format.rounder).bits()


def _exp_without_one(simd: Simd, r: Floats) -> Floats:
    """exp(r) - 1 for small r."""
    return simd.fma(_polynomial(simd, FORMATS[simd.vector.dtype].exp, r) * r, r, r)


def _power_of_two(simd: Simd, n: Integers) -> Floats:
    """2**n, from its bits."""
    format = FORMATS[simd.vector.dtype]
    return ((n + format.bias) << format.mantissa).as_floats()


def _polynomial(simd: Simd, coefficients: Coefficients, x: Floats) -> Floats:
    """Horner's rule."""
    result = simd.floats(coefficients[0])
    for coefficient in coefficients[1:]:
        result = simd.fma(result, x, coefficient)
    return result
