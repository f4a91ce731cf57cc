"""batch_norm: each channel with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import BatchSize, Expression, Load, maximum
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, NonNegativeReal, Probability, require_floats
from graphnet.ops.families.standardisation import affine_parameters, inverse_deviation, standardise


@operator("batch_norm", category="normalisation")
class BatchNorm(Operator):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, channel by channel, for (N, C, ...).

    In training mean and variance are those of the batch, and the running ones follow them:
    running = (1 - momentum) * running + momentum * batch, with the variance's denominator one less than the count
    there. A prediction, or a frozen layer, uses the running ones.

    Gradient: with M elements a channel, z = (x - mean) * inv_std, and sums over the channel:
    gbias = sum gy, gweight = sum gy * z, gx = weight * inv_std * (gy - gbias / M - z * gweight / M);
    gx = weight * inv_std * gy where running statistics are used. Mean and inv_std are kept.

    Example:
        `- batch_norm` or `- batch_norm: {momentum: 0.01, eps: 1e-3}`

    Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.

    Attributes:
        eps: added to the variance.
        momentum: how fast the running statistics follow.
        affine: whether there are weight and bias.

    Parameters: `weight` (C) ones, `bias` (C) zeros. Buffers: `running_mean` zeros, `running_var` ones, and
    `num_batches_tracked`, which counts the steps. A batch with one element a channel has variance 0.
    """

    eps: NonNegativeReal = 1e-5
    momentum: Probability = 0.1
    affine: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        if not (x.is_batched and 2 <= x.rank <= 5):
            raise AttributeProblem(
                "cannot consume {operand}", expected="features (N, C), or (N, C, L), (N, C, H, W) or (N, C, D, H, W)",
                found=str(x), code="rank",
            )  # fmt: skip
        require_floats(x)
        statistics = TensorType((x.sample_shape[0],))
        return x, statistics, statistics

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        shape = (operands[0].sample_shape[0],)
        zeros, ones = Initializer("zeros"), Initializer("ones")
        return {
            **(affine_parameters(shape) if self.affine else {}),
            "running_mean": ParameterSpec(shape, zeros, trainable=False),
            "running_var": ParameterSpec(shape, ones, trainable=False),
            "num_batches_tracked": ParameterSpec((), zeros, trainable=False, counter=True),
        }

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        x, running_mean, running_var = inputs[0], *inputs[-3:-1]

        def inverse(variance: Expression) -> Expression:
            return inverse_deviation(variance, self.eps)

        if b.training:
            count, axes = _count(x.type), _all_but_channels(x.type)
            total = b.reduce("channel_sum", "sum", lambda v: v, x, axes=axes)
            mean = b.pointwise("mean", lambda s: s / count, total)
            squares = b.reduce("squared_deviation", "sum", lambda v, m: (v - m) * (v - m), x, mean, axes=axes)
            inv_std = b.pointwise("inv_std", lambda s: inverse(s / count), squares)
            self._track(b, running_mean, mean, lambda m: m)
            self._track(b, running_var, squares, lambda s: s / maximum(count - 1, 1))
        else:
            mean, inv_std = running_mean, b.pointwise("inv_std", inverse, running_var)

        return b.pointwise("batch_norm", standardise, x, mean, inv_std, *inputs[1:-3]), mean, inv_std

    def _track(self, b: Builder, running: Value, value: Value, statistic: Callable[[Expression], Expression]) -> None:
        """Let a running statistic follow the batch's."""
        keep, take = 1 - self.momentum, self.momentum
        b.update(running, b.pointwise("running", lambda r, v: r * keep + statistic(v) * take, running, value))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, mean, inv_std = inputs[0], *outputs[1:]
        loops, count = axis_loops(x.type.shape), _count(x.type)
        here, channel = [Index.of(loop.name) for loop in loops], loops[1]
        sum_gy, sum_centred = b.fold(
            "batch_norm_sums", [channel], [loop for loop in loops if loop is not channel],
            [(gradient, here), (x, here), (mean, [Index.of(channel.name)])],
            Result(Load(0), "sum"), Result(Load(0) * (Load(1) - Load(2)), "sum"),
        )  # fmt: skip
        scale = b.multiply(inv_std, inputs[1]) if self.affine else inv_std
        if b.training:
            mean_gy = b.pointwise("mean_gradient", lambda s: s / count, sum_gy)
            slope = b.pointwise("slope", lambda s, i: s * i * i / count, sum_centred, inv_std)
            gx = b.pointwise(
                "batch_norm_gradient", lambda gy, v, m, a, g, k: a * (gy - g - (v - m) * k),
                gradient, x, mean, scale, mean_gy, slope,
            )  # fmt: skip
        else:
            gx = b.pointwise("batch_norm_gradient", lambda gy, a: gy * a, gradient, scale)
        if not self.affine:
            return gx, None, None, None
        return gx, b.multiply(sum_centred, inv_std), sum_gy, None, None, None


def _all_but_channels(type: TensorType) -> tuple[int, ...]:
    return tuple(axis for axis in range(type.rank) if axis != 1)


def _count(type: TensorType) -> Expression:
    """Elements of one channel."""
    return BatchSize() * product(type.sample_shape[1:])
