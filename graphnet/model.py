"""A compiled network as users hold it, and `compile`, which makes one.

Example:
    model = gn.compile("specs/digits.yaml")
    history = model.fit()                      # with the data that the spec names, or model.fit((images, labels))
    model.save("digits.safetensors")
    logits = model(images)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from graphnet.compiler import compile_graph
from graphnet.core.diagnostics import Diagnostic, RunError, SpecError, nearest
from graphnet.frontend.budgets import MEMORY
from graphnet.frontend.network import Network
from graphnet.frontend.training import TrainConfig
from graphnet.interop.weights import gather_weights, match_weights, read_weights, save_weights
from graphnet.ir.data import DataSource
from graphnet.ir.metric import Measured
from graphnet.network import load
from graphnet.ops.families.attributes import MAX_EXTENT
from graphnet.runtime.built import Built
from graphnet.runtime.module import Module
from graphnet.stages import DEFAULT_BATCH, batch_size_of, memory_of
from graphnet.testing.gradient_report import GradientReport
from graphnet.testing.gradients import check_gradients
from graphnet.train.augmenting import Pipeline
from graphnet.train.display import Display
from graphnet.train.evaluation import evaluate
from graphnet.train.history import History
from graphnet.train.loading import Data, as_dataset, choose, prepare
from graphnet.train.loop import fit
from graphnet.train.run import Callback

DEVICES: Final = ("cpu", "python")
DTYPES: Final = ("float32", "float64")
MAX_SEED: Final = 2**63 - 1


class Model(Module):
    """A compiled network that can be trained, judged and kept.

    Programs are compiled when they are first needed: the first prediction compiles a prediction, the first step of
    training a training step. Arrays are NumPy's, images (N, channels, height, width).

    Attributes:
        network: what was compiled.
        batch_size: most samples of a step; `predict` takes more, part by part.
        dtype: `float32` or `float64`.
        device: `cpu` or `python`.
        threads: workers; None for as many as there are cores.
        seed: of the initial parameters and of dropout.
        step: training steps made.
    """

    network: Network

    # -- training ------------------------------------------------------------------------------------------------

    def fit(
        self, data: Data | None = None, validation: Data | float | None = None, *, out: str | Path | None = None,
        resume: str | Path | None = None, quiet: bool = False, callbacks: Sequence[Callback] = (), **settings: Any,
    ) -> History:  # fmt: skip
        """Train.

        Args:
            data: arrays by name, `(inputs, targets)`, or the name of a data source; by default what the spec says.
            validation: data to judge each epoch by, or the part of `data` to hold out; by default what the spec says.
            out: folder for checkpoints, a log and curves; nothing is written without one.
            resume: a run's folder, or a checkpoint, to go on from exactly.
            quiet: whether nothing is printed.
            callbacks: more that happens along the way.
            settings: take the place of the spec's `train`: `epochs=5`, `optimizer={"sgd": {"lr": 0.1}}`,
                `schedule="cosine"`, ...

        Returns:
            what was reported, epoch by epoch.

        Raises:
            SpecError: data or settings do not fit the network.
            RunError: the loss is not finite, or a file cannot be read or written.
        """
        config = self.training(**settings)
        if data is None and validation is None:
            data, validation = prepare(config, self.graph, self._folder())
        elif data is None:
            data, _ = prepare(config.changed(validation=0.0), self.graph, self._folder())
        elif validation is None and isinstance(config.validation, DataSource):
            validation = as_dataset(config.validation, self.graph, self._folder(), config.augment)
        return fit(
            self, data, validation, config=config, out=Path(out) if out is not None else None,
            resume=Path(resume) if resume is not None else None, display=None if quiet else Display(),
            callbacks=callbacks,
        )  # fmt: skip

    def training(self, **settings: Any) -> TrainConfig:
        """How this model would be trained: what the spec says, with some settings replaced.

        Raises:
            SpecError: a setting is unknown, or its value does not fit.
        """
        written = self.network.train
        if written is None:
            written = TrainConfig(optimizer=self.optimizer, batch_size=self.batch_size)
        kept = {
            "batch_size": min(written.batch_size, self.batch_size),
            "seed": self.seed,
            "optimizer": self.optimizer,
            "gradient_clip": self.gradient_clip,
        }
        return written.changed(**kept | settings)

    def evaluate(self, data: Data | None = None, *, split: str | None = None) -> dict[str, Measured]:
        """The mean loss and the metrics, in inference mode: `{"loss": 0.05, "accuracy": 0.98}`.

        A metric is a number, or an array if it is a table.

        Args:
            data: as for `fit`; by default that of the spec.
            split: which part of the spec's data: `train`, `validation` or `test`; by default the last one of these
                that there is.

        Raises:
            SpecError: the network has no loss, or the data does not fit it.
        """
        config = self.training()
        if data is None:
            data, _ = choose(config, self.graph, self._folder(), split)
        dataset = as_dataset(data, self.graph, augment=config.augment)
        return evaluate(self, dataset, Pipeline.of(config, self.graph))

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write parameters and buffers as a safetensors file, in PyTorch's names and layouts.

        Raises:
            RunError: the file cannot be written.
        """
        save_weights(Path(path), self.parameters, network=self.graph.name)

    def load(self, path: str | Path, strict: bool = True) -> None:
        """Set parameters and buffers from a safetensors file of any origin.

        Args:
            path: of the file: weights, or a checkpoint of a run.
            strict: whether the file must hold every parameter, and nothing else.

        Raises:
            SpecError: names or shapes differ; nothing is changed then.
            RunError: the file cannot be read.
        """
        given = read_weights(Path(path)).arrays
        self.load_parameters(match_weights(given, self.graph.parameters, source=str(path), strict=strict), strict=False)

    # -- checking ------------------------------------------------------------------------------------------------

    def check_gradients(
        self, batch: Mapping[str, Any] | None = None, *, samples: int = 2, tolerance: float = 1e-6, seed: int = 0
    ) -> GradientReport:
        """Compare gradients with finite differences, in float64, close to the parameters as they are.

        Args:
            batch: inputs and targets; random ones by default.
            samples: of a random batch.
            tolerance: the largest relative error that passes.
            seed: of all random numbers.

        Returns:
            a report that says for each parameter and each input how large the error is.

        Raises:
            SpecError: the network has no loss, or the batch does not fit it.
            RunError: the loss is not finite.
        """
        return check_gradients(self, batch, samples=samples, tolerance=tolerance, seed=seed)

    # -- inside --------------------------------------------------------------------------------------------------

    def _folder(self) -> Path:
        """What the spec's relative paths start from."""
        return self.network.path.parent if self.network.path else Path()

    def _program(self, purpose: str) -> Built:
        try:
            return super()._program(purpose)
        except MemoryError:
            raise RunError(
                f"there is not enough memory for steps of {self.batch_size} samples; a smaller batch size needs less"
            ) from None


def compile(
    spec: Network | str | Path, *, batch_size: int | None = None, device: str = "cpu", dtype: str = "float32",
    threads: int | None = None, seed: int | None = None, optimizer: Any = None, gradient_clip: float | None = None,
    exact: bool = False, **params: Any,
) -> Model:  # fmt: skip
    """Compile a network, or the spec at a path.

    Machine code is made when a program is first needed, and kept on disk for the next time.

    Args:
        spec: a network, or the path of a spec.
        batch_size: most samples of a step; by default the spec's, or 64. Memory grows with it.
        device: `cpu`, or `python` to run the very same kernels uncompiled, slowly, under a debugger.
        dtype: `float32` or `float64`.
        threads: workers; by default as many as there are cores.
        seed: of the initial parameters and of dropout; by default the spec's, or 0.
        optimizer: of training steps, as a spec writes it: `{"sgd": {"lr": 0.1}}`; by default the spec's.
        gradient_clip: largest global norm of the gradients; by default the spec's.
        exact: whether convolutions of 3 x 3 taps are computed term by term, as float64 always does. Otherwise wide ones
            are computed with fewer products (Winograd), in a half to a third of the time and with rounding errors
            about twice as large: for 512 channels, 2e-6 of the results' root mean square instead of 1e-6.
        params: values for the spec's params, where `spec` is a path.

    Raises:
        SpecError: the spec or an option has mistakes, or the compiled network exceeds the memory that it asserts.
        RunError: weights that the spec starts from cannot be read.
    """
    network = _network(spec, params)
    given = {"batch_size": batch_size, "seed": seed, "optimizer": optimizer, "gradient_clip": gradient_clip}
    mistakes = [
        *_check_choice("device", device, DEVICES), *_check_choice("dtype", dtype, DTYPES),
        *_check_count("batch_size", batch_size, 1, MAX_EXTENT), *_check_count("threads", threads, 1, MAX_EXTENT),
        *_check_count("seed", seed, 0, MAX_SEED),
    ]  # fmt: skip
    if mistakes:
        raise SpecError(mistakes)
    written = network.train if network.train is not None else TrainConfig(batch_size=DEFAULT_BATCH)
    config = written.changed(**{name: value for name, value in given.items() if value is not None})
    check_memory(network)
    try:
        model = compile_graph(
            network, batch_size=config.batch_size, device=device, dtype=dtype, threads=threads, seed=config.seed,
            optimizer=config.optimizer, gradient_clip=config.gradient_clip, exact=exact, module_class=Model,
        )  # fmt: skip
    except MemoryError:
        raise RunError(f"there is not enough memory for the parameters of '{network.name}'") from None
    assert isinstance(model, Model)
    if config.weights:
        model.load_parameters(gather_weights(config.weights, network.graph.parameters, model._folder()), strict=False)
    return model


def check_memory(network: Network) -> None:
    """Hold a network to the memory that its spec asserts, at the batch size of its `train`.

    Raises:
        SpecError: it needs more (or not what it says).
    """
    budgets = [budget for budget in network.budgets if budget.quantity in MEMORY]
    if not budgets:
        return
    figures = memory_of(network.graph, batch_size_of(network))
    sizes = {"training_memory": figures.training_bytes, "inference_memory": figures.inference_bytes}
    exceeded = [
        budget.exceeded(size)
        for budget in budgets
        if (size := sizes[budget.quantity]) is not None and not budget.holds(size)
    ]
    if exceeded:
        raise SpecError(exceeded)


def _network(spec: Any, params: Mapping[str, Any]) -> Network:
    if isinstance(spec, str | Path):
        return load(spec, **params)
    if not isinstance(spec, Network):
        raise SpecError(
            Diagnostic("type", "this cannot be compiled", expected="a network, or the path of a spec",
                       found=type(spec).__name__)
        )  # fmt: skip
    if params:
        raise SpecError(
            Diagnostic(
                "option", f"compile has no option {', '.join(f'`{name}`' for name in params)}",
                expected="params only together with the path of a spec",
                found="a network, whose params are set already",
                hint=f"gn.load(path, {', '.join(f'{name}=...' for name in params)})",
            )
        )  # fmt: skip
    return spec


def _check_choice(name: str, value: str, known: Sequence[str]) -> list[Diagnostic]:
    """What is wrong with an option that is one of a few words."""
    if value in known:
        return []
    close = nearest(str(value), known)
    hint = f"did you mean '{close}'?" if close else None
    if name == "device" and str(value).lower().startswith(("cuda", "gpu")):
        hint = "this release has no CUDA target; it generates code for CPUs"
    return [
        Diagnostic("option", f"there is no {name} '{value}'", expected=" or ".join(known), found=str(value), hint=hint)
    ]


def _check_count(name: str, value: Any, least: int, most: int) -> list[Diagnostic]:
    """What is wrong with an option that is a whole number, or None."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or (is_whole and least <= value <= most):
        return []
    return [
        Diagnostic("option", f"`{name}` does not fit", expected=f"a whole number from {least} to {most}",
                   found=repr(value))
    ]  # fmt: skip
