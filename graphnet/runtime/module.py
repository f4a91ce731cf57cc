"""What the user holds: a compiled network with its parameters, to predict, differentiate and train with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from graphnet.codegen.arguments import STEP_FIRST_SAMPLE, STEP_KEY
from graphnet.codegen.cpu.counters import mix_key
from graphnet.core.diagnostics import RunError
from graphnet.core.source import SourceSpan
from graphnet.frontend.parameter_groups import paths_by_settings
from graphnet.ir.data import demand_of, misfit
from graphnet.ir.graph import Graph
from graphnet.ir.initialiser import initialise, parameter_generator
from graphnet.ir.optimizer import Optimizer
from graphnet.runtime.arrays import Array
from graphnet.runtime.batches import checked_batch
from graphnet.runtime.built import Built, Kernel, kernels_of
from graphnet.runtime.parameters import Parameters, fitting, listed
from graphnet.runtime.store import Store

STATE_STEP = "step"
"""The name under which the optimizer's own count of steps is kept."""


class HasGraph(Protocol):
    """A network, as far as a module looks at it."""

    @property
    def graph(self) -> Graph: ...


class Module:
    """A compiled network.

    Programs are compiled when they are first needed, so a module that only predicts never compiles a gradient.

    Args:
        network: what was compiled.
        build: makes a program for a purpose (`predict`, `evaluate`, `gradients`, `train`, ...).
        make_store: makes memory for the parameters, grouped by their optimizer settings.
        recompile: compiles the network again, with some of these options changed.
        optimizer: of `train_step`.
        gradient_clip: largest global norm of the gradients.
        batch_size: most samples of a step.
        dtype: `float32` or `float64`.
        device: `cpu` or `python`.
        threads: workers; as many as there are cores by default.
        seed: of the initial parameters and of dropout.
    """

    def __init__(
        self, network: Any, build: Callable[[Module, str], Built],
        make_store: Callable[[Sequence[Sequence[str]]], Store], recompile: Callable[..., Module], *,
        optimizer: Optimizer, gradient_clip: float | None, batch_size: int, dtype: str, device: str,
        threads: int | None, seed: int,
    ) -> None:  # fmt: skip
        self.network = network
        self.batch_size, self.dtype, self.device, self.threads, self.seed = batch_size, dtype, device, threads, seed
        self.step = 0
        self.gradient_clip = gradient_clip
        self.step_block = np.zeros(8, np.int64)
        self._build, self._make_store, self._recompile = build, make_store, recompile
        self._tokens = {slot.name: slot.classes for slot in demand_of(self.graph).inputs if slot.classes is not None}
        self._programs: dict[str, Built] = {}
        self._group(optimizer)
        self._updates, self._accumulated = 0, 0
        self._lr = optimizer.lr
        for parameter in self.graph.parameters:
            if not parameter.spec.counter:
                rng = parameter_generator(seed, parameter.path)
                self.store.write(parameter.path, initialise(parameter.spec, rng))

    @property
    def graph(self) -> Graph:
        graph: Graph = self.network.graph
        return graph

    def recompiled(self, *, dtype: str | None = None, batch_size: int | None = None) -> Module:
        """A module of its own for the same network, with the same parameters and random numbers.

        Args:
            dtype: `float32` or `float64`; by default the same.
            batch_size: most samples of a step; by default the same.
        """
        again = self._recompile(dtype=dtype or self.dtype, batch_size=batch_size or self.batch_size)
        again.load_parameters(self.parameters)
        again.step = self.step
        return again

    # -- parameters ----------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Copies of parameters and buffers by path, in PyTorch's layouts (O, I, KH, KW; out, in)."""
        return Parameters(self.store)

    def load_parameters(self, arrays: Mapping[str, Any], strict: bool = True) -> None:
        """Set parameters and buffers by path.

        Args:
            arrays: anything NumPy can read, by path.
            strict: whether every path must be given, and no other. Counters (`num_batches_tracked`) may be missing.

        Raises:
            SpecError: paths or shapes do not fit; nothing is changed then.
        """
        for path, array in fitting(self.store, arrays, strict=strict).items():
            self.store.write(path, array)

    # -- computing -----------------------------------------------------------------------------------------------

    def __call__(self, x: Any = None, **inputs: Any) -> Array | dict[str, Array]:
        """Predict: NumPy in, NumPy out, in inference mode.

        Args:
            x: the only input, or a mapping of all.
            inputs: inputs by name.

        Returns:
            the only output, or a mapping of all.
        """
        batch = dict(x) if isinstance(x, Mapping) else {self.graph.inputs[0].name: x} if x is not None else {}
        outputs = self.predict({**batch, **inputs})
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def predict(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """All outputs by name, in inference mode, for any number of samples."""
        batch = checked_batch(inputs, self.graph.inputs, self.dtype, self._tokens)
        count = len(next(iter(batch.values())))
        parts: list[dict[str, Array]] = []
        for start in range(0, max(count, 1), self.batch_size):
            part = {name: array[start : start + self.batch_size] for name, array in batch.items()}
            built, size = self._run("predict", part)
            parts.append({name: built.executable.fetch(v, size) for name, v in built.graph.outputs.items()})
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def evaluate_batch(self, batch: Mapping[str, Any]) -> tuple[float, dict[str, Array]]:
        """The loss in inference mode, and the values that metrics read, by name."""
        self._need_loss()
        built, count = self._run("evaluate", self._checked(batch))
        computed = {
            old.name: built.executable.fetch(new, count)
            for mine, theirs in zip(self.graph.metrics, built.graph.metrics, strict=True)
            for old, new in zip(mine.values, theirs.values, strict=True)
            if old.role not in ("input", "target")
        }
        return self._loss(built), computed

    def loss_and_gradients(self, batch: Mapping[str, Any]) -> tuple[float, dict[str, Array]]:
        """The loss in training mode and the gradient of every trained parameter, by path.

        Nothing changes: neither running statistics nor the random numbers of the next step.
        """
        self._need_loss()
        built, _ = self._run("gradients", self._checked(batch))
        paths = built.graph.gradients
        return self._loss(built), {path: self.store.read(path, self.store.gradients) for path in paths}

    def input_gradients(self, batch: Mapping[str, Any]) -> tuple[float, dict[str, Array]]:
        """The loss in training mode and its gradient with respect to each input of floats, by name."""
        self._need_loss()
        built, count = self._run("input_gradients", self._checked(batch))
        found = {name: built.executable.fetch(v, count) for name, v in built.graph.input_gradients.items()}
        return self._loss(built), found

    def training_loss(self, batch: Mapping[str, Any]) -> float:
        """The loss in training mode, without its gradients."""
        self._need_loss()
        built, _ = self._run("loss", self._checked(batch))
        return self._loss(built)

    def first_nonfinite(self, batch: Mapping[str, Any]) -> tuple[str, SourceSpan | None] | None:
        """The first layer whose output for a batch is not finite, in training mode, and where it was written."""
        built, count = self._run("trace", self._checked(batch))
        spans = {node.name: node.span for node in self.graph.nodes}
        for name, value in built.graph.outputs.items():
            if not np.isfinite(built.executable.fetch(value, count)).all():
                return name, spans[name]
        return None

    # -- training ------------------------------------------------------------------------------------------------

    @property
    def optimizer(self) -> Optimizer:
        return self._optimizer

    def set_optimizer(self, optimizer: Optimizer, gradient_clip: float | None = None) -> None:
        """Choose the update. An optimizer other than the one at work starts with fresh states.

        Args:
            optimizer: with its settings and groups.
            gradient_clip: largest global norm of the gradients, after accumulation.
        """
        if optimizer == self._optimizer and gradient_clip == self.gradient_clip:
            return
        kept = {path: self.store.read(path) for path in self.store.parameters}
        self.gradient_clip = gradient_clip
        self._programs.clear()
        if optimizer != self._optimizer:
            self._group(optimizer)
            self._updates = 0
            self._lr = optimizer.lr
            for path, array in kept.items():
                self.store.write(path, array)

    def set_hyper(self, *, lr: float) -> None:
        """Set the scheduled learning rate of the steps to come."""
        self._lr = lr

    def train_step(self, batch: Mapping[str, Any]) -> float:
        """One update with the gradients of a batch; returns the loss before it.

        If the loss is not finite, parameters, buffers and states stay as they are.
        """
        self._need_loss()
        built = self._program("train")
        self._set_numbers(built)
        self._run("train", self._checked(batch))
        loss = self._loss(built)
        self._advance(loss)
        return loss

    def accumulate_step(self, batch: Mapping[str, Any], share: float, *, last: bool) -> float:
        """Add `share` times the gradients of a batch; with the last one, update. Returns the batch's loss.

        Random numbers are those that the samples would have in one large batch.
        """
        self._need_loss()
        built = self._program("accumulate")
        built.hyper[0]["share"][0] = share
        _, count = self._run("accumulate", self._checked(batch), first_sample=self._accumulated)
        self._accumulated = 0 if last else self._accumulated + count
        loss = self._loss(built)
        if last:
            update = self._program("apply")
            self._set_numbers(update)
            update.executable.run(self.threads)
            self.store.state("accumulated gradient")[:] = 0
            self._advance(loss)
        else:
            self._count_batch(loss)
        return loss

    def optimizer_state(self) -> dict[str, Array]:
        """Copies of all that the optimizer keeps between steps: states as `momentum/path`, and its count of steps."""
        states = {
            f"{name}/{path}": self.store.read(path, self.store.state(name))
            for name in self._optimizer.states()
            for path in self.store.offsets
        }
        return {**states, STATE_STEP: np.array(self._updates, np.int64)}

    def load_optimizer_state(self, arrays: Mapping[str, Array]) -> None:
        """Set what `optimizer_state` gave.

        Raises:
            RunError: it is of another optimizer or network.
        """
        expected = self.optimizer_state()
        if set(expected) != set(arrays):
            odd = sorted(set(expected) ^ set(arrays))
            raise RunError(f"the optimizer's state does not fit: {listed('differing entries', odd)}")
        for key, array in arrays.items():
            if key == STATE_STEP:
                self._updates = int(array)
            else:
                name, path = key.split("/", 1)
                self.store.write(path, array, self.store.state(name))

    def _set_numbers(self, built: Built) -> None:
        for region, numbers in zip(self._settings, built.hyper, strict=False):
            for name, value in self._optimizer.values(self._updates, self._lr, region).items():
                numbers[name][0] = value

    def _advance(self, loss: float) -> None:
        if np.isfinite(loss):
            self._updates += 1
            self.step += 1
        self._count_batch(loss)

    def _count_batch(self, loss: float) -> None:
        if np.isfinite(loss):
            frozen = {v for node in self.graph.nodes if node.frozen for v in node.inputs}
            for path in self.store.counters:
                if self.store.parameters[path].value not in frozen:
                    self.store.counters[path] += 1

    # -- programs ------------------------------------------------------------------------------------------------

    @property
    def programs(self) -> Mapping[str, Built]:
        """The programs compiled so far, by purpose."""
        return self._programs

    def prepare(self, purpose: str) -> Built:
        """Compile a program now: `predict`, `evaluate`, `gradients` or `train`.

        Raises:
            SpecError: the program needs a loss, and the network has none.
        """
        if purpose not in ("predict", "trace"):
            self._need_loss()
        return self._program(purpose)

    @property
    def kernels(self) -> list[Kernel]:
        """The kernels of a training step (of a prediction, where there is no loss)."""
        purpose = "train" if self.graph.losses else "predict"
        return kernels_of(self._program(purpose).executable.stages, purpose, self.device)

    def _group(self, optimizer: Optimizer) -> None:
        """Make memory for the parameters, those with equal settings together."""
        groups = paths_by_settings(optimizer, self.graph.parameters)
        self._optimizer, self._settings = optimizer, list(groups)
        self.store = self._make_store(list(groups.values()))
        self._programs.clear()

    def _program(self, purpose: str) -> Built:
        if purpose not in self._programs:
            self._programs[purpose] = self._build(self, purpose)
        return self._programs[purpose]

    def _run(self, purpose: str, batch: Mapping[str, Array], *, first_sample: int = 0) -> tuple[Built, int]:
        """Run a program for a batch whose first sample is one of several batches of the step."""
        built = self._program(purpose)
        self.step_block[STEP_KEY] = mix_key(self.seed, self.step)
        self.step_block[STEP_FIRST_SAMPLE] = first_sample
        count = built.executable.feed(batch)
        built.executable.run(self.threads)
        return built, count

    def _loss(self, built: Built) -> float:
        return float(built.executable.fetch(built.graph.outputs["loss"], 1))

    def _need_loss(self) -> None:
        if not self.graph.losses:
            raise misfit(
                f"'{self.graph.name}' has no loss", expected="a loss", found="outputs only",
                hint="add `loss:` to the spec, or net.loss(...)",
            )  # fmt: skip

    def _checked(self, batch: Mapping[str, Any]) -> dict[str, Array]:
        """Inputs and targets of a batch, in the types that kernels read."""
        values = (*self.graph.inputs, *self.graph.targets)
        return checked_batch(batch, values, self.dtype, self._tokens, self.batch_size)
