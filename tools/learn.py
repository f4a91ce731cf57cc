"""Train the networks of the courses on small data and see that they learn what they should.

Classifiers: on the handwritten digits, beside PyTorch with the same recipe (weights, batches, learning rates); the
accuracy on what was held out must be within one point of PyTorch's, or better.
Segmentation: on made-up shapes, to a mean intersection over union above 0.9.
SimCLR: a linear classifier of the features that it learnt without labels beats one of raw pixels.
CLIP: unseen images are described by the nearest caption, above 0.9.
Fine-tuning: few labels teach more to a new head on that frozen encoder than to a network from scratch.

    python tools/learn.py
    python tools/learn.py lenet5 unet --json

Needs PyTorch (the extra `oracle`). Ends with status 1 if anything falls short.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from torch_network import TorchModule

import graphnet as gn
from graphnet.ir.data import demand_of
from graphnet.model import Model
from graphnet.ops.families.fitting import fit_images
from graphnet.ops.sources.captions import WORDS, Captions
from graphnet.ops.sources.digits import read_digits
from graphnet.train.loop import fit

Array = np.ndarray[Any, Any]

SPECS = Path(__file__).parents[1] / "specs"
POINT = 0.01


@dataclass(frozen=True)
class Outcome:
    """What a network learnt.

    Attributes:
        network: its name.
        measure: what the figures are.
        figure: graphnet's.
        wanted: what it must reach.
        beside: what that follows from, in words.
        seconds: that all of it took.
    """

    network: str
    measure: str
    figure: float
    wanted: float
    beside: str
    seconds: float = 0.0

    @property
    def is_reached(self) -> bool:
        return self.figure >= self.wanted


# -- classifiers beside PyTorch --------------------------------------------------------------------------------------


class Recipe(NamedTuple):
    """A classifier of digits and how it is trained.

    Attributes:
        spec: below `specs`.
        params: of the spec.
        epochs: through 1,438 digits.
        sgd: settings of the optimizer.
        answers: turns digits into the classes to learn.
    """

    spec: str
    params: Mapping[str, Any]
    epochs: int
    sgd: Mapping[str, Any]
    answers: Callable[[Array], Array] = lambda digits: digits


def _is_even(digits: Array) -> Array:
    return (digits % 2 == 0).astype(np.int32)


MOMENTUM = {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
SMALL = {"size": 32, "classes": 10}
RESNET = {"depths": [1, 1, 1, 1], **SMALL}
CLASSIFIERS = {
    "perceptron": Recipe("basics/perceptron.yaml", {}, 20, {"lr": 0.1}, _is_even),
    "logistic_regression": Recipe("basics/logistic_regression.yaml", {"features": 64}, 30, {"lr": 0.5}, _is_even),
    "softmax": Recipe("basics/linear_classifier.yaml", {}, 15, {"lr": 0.01, "momentum": 0.9}),
    "hinge": Recipe("basics/linear_classifier.yaml", {"loss": "hinge"}, 15, {"lr": 0.003, "momentum": 0.9}),
    "mlp": Recipe("basics/mlp.yaml", {}, 15, MOMENTUM),
    "deep_relu_mlp": Recipe("basics/deep_relu_mlp.yaml", {}, 15, MOMENTUM),
    "maxout_mlp": Recipe("basics/maxout_mlp.yaml", {}, 15, {"lr": 0.02, "momentum": 0.9}),
    "lenet1": Recipe("lenet/lenet1.yaml", {}, 15, MOMENTUM),
    "lenet5": Recipe("lenet/lenet5.yaml", {}, 15, MOMENTUM),
    "small_resnet": Recipe("resnet/resnet.yaml", {"block": "basic_block", **RESNET}, 12, MOMENTUM),
    "small_se_resnet": Recipe("resnet/resnet.yaml", {"squeeze": True, **RESNET}, 12, MOMENTUM),
    "small_densenet": Recipe(
        "densenet/densenet121.yaml", {"growth": 12, "depths": [2, 2, 2, 2], **SMALL}, 12, MOMENTUM
    ),
}


def classify(name: str) -> Outcome:
    """A classifier's accuracy on held-out digits, beside PyTorch's."""
    recipe = CLASSIFIERS[name]
    network = gn.load(SPECS / recipe.spec, **recipe.params)
    images, digits = read_digits()
    demand = demand_of(network.graph)
    data = {
        demand.inputs[0].name: fit_images(images, demand.inputs[0], "digits"),
        demand.targets[0].name: recipe.answers(digits).reshape(len(digits), *demand.targets[0].type.sample_shape),
    }
    model = gn.compile(network, batch_size=64, optimizer={"sgd": dict(recipe.sgd)})
    config = model.training(
        epochs=recipe.epochs, batch_size=64, optimizer={"sgd": dict(recipe.sgd)}, schedule="cosine", validation=0.2
    )
    oracle = TorchModule(network, model.parameters, 64)
    mine, theirs = (fit(module, data, config=config)["val_accuracy"][-1] for module in (model, oracle))
    return Outcome(name, "accuracy", mine, theirs - POINT, f"PyTorch {theirs:.3f}")


# -- segmentation ----------------------------------------------------------------------------------------------------

SEGMENTATION: dict[str, tuple[str, dict[str, Any]]] = {
    "unet": ("unet/unet_padded.yaml", {"width": 16, "depth": 2, "classes": 2, "size": 32}),
    "segnet": ("segnet/segnet.yaml", {"width": 16, "stages": 3, "counts": [2, 2, 2], "classes": 2, "size": 32}),
    "fcn": ("fcn/fcn32s.yaml", {"width": 16, "stages": 2, "hidden": 64, "classes": 2, "size": 64, "dropout": 0}),
}


def segment(name: str) -> Outcome:
    """How well a network finds shapes on a dark ground."""
    spec, params = SEGMENTATION[name]
    model = gn.compile(gn.load(SPECS / spec, **params), batch_size=32, optimizer={"adam": {"lr": 4e-3}})
    history = model.fit("shapes", validation=0.2, epochs=15, batch_size=32, schedule="cosine", quiet=True)
    return Outcome(name, "mean IoU", history["val_mean_iou"][-1], 0.9, "shapes on a dark ground")


# -- representations -------------------------------------------------------------------------------------------------

ENCODER: dict[str, Any] = {"encoder": "small_encoder", "channels": 1, "size": 8}


def probe(features: Array, labels: Array, train: Array, test: Array) -> float:
    """The accuracy of a linear classifier of features, by ridge regression on one-hot classes."""
    centred = (features - features[train].mean(0)) / (features[train].std(0) + 1e-6)
    design = np.concatenate([centred, np.ones((len(centred), 1))], 1).astype(np.float64)
    gram = design[train].T @ design[train] + 1e-1 * np.eye(design.shape[1])
    weights = np.linalg.solve(gram, design[train].T @ np.eye(labels.max() + 1)[labels[train]])
    return float(((design[test] @ weights).argmax(1) == labels[test]).mean())


@cache
def contrasted() -> tuple[Model, Array, Array]:
    """SimCLR on 900 digits without their labels; then the places of those, and of the others."""
    images, _ = read_digits()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(images))
    params = {**ENCODER, "temperature": 0.2}
    model = gn.compile(
        gn.load(SPECS / "simclr/simclr.yaml", **params), batch_size=256, optimizer={"adam": {"lr": 2e-3}}
    )
    for _ in range(60):
        shuffled = rng.permutation(order[:900])
        for start in range(0, 900 - 255, 256):
            chosen = images[shuffled[start : start + 256]]
            model.train_step({"view1": distorted(chosen, rng), "view2": distorted(chosen, rng)})
    return model, order[:900], order[900:]


def simclr(name: str) -> Outcome:
    """Features learnt from unlabelled digits, judged by a linear classifier of few labels; raw pixels beside them."""
    images, labels = read_digits()
    model, known, others = contrasted()
    features = model.predict({"view1": images[:, None], "view2": images[:, None]})["embedding"]
    pixels, learnt = (probe(x, labels, known[:100], others) for x in (images.reshape(len(images), -1), features))
    return Outcome(name, "linear probe", learnt, pixels, f"raw pixels {pixels:.3f}")


def distorted(images: Array, rng: np.random.Generator) -> Array:
    """Digits (N, 8, 8) turned, scaled and shifted a little, each in its own way: (N, 1, 8, 8)."""
    count, size = len(images), images.shape[1]
    angle, scale = rng.uniform(-0.35, 0.35, count), rng.uniform(0.8, 1.25, count)
    shift = rng.uniform(-1, 1, (2, count))
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    turn = lambda a, b, by: a[:, None, None] * rows + b[:, None, None] * columns + by[:, None, None]  # noqa: E731
    y = np.clip(turn(cos, -sin, shift[0]) + (size - 1) / 2, 0, size - 1.001)
    x = np.clip(turn(sin, cos, shift[1]) + (size - 1) / 2, 0, size - 1.001)
    top, left = y.astype(int), x.astype(int)
    below, right = y - top, x - left
    n = np.arange(count)[:, None, None]
    upper = images[n, top, left] * (1 - right) + images[n, top, left + 1] * right
    lower = images[n, top + 1, left] * (1 - right) + images[n, top + 1, left + 1] * right
    contrast = rng.uniform(0.7, 1.3, (count, 1, 1))
    return ((upper * (1 - below) + lower * below) * contrast)[:, None].astype(np.float32)


def clip(name: str) -> Outcome:
    """Colour and figure of unseen images, told by the one of all captions that is nearest to each."""
    params = {"encoder": "small_encoder", "size": 32, "words": len(WORDS), "length": 5, "features": 64}
    network = gn.load(SPECS / "clip/clip.yaml", **params)
    model = gn.compile(network, batch_size=108, optimizer={"adam": {"lr": 2e-3}})
    demand = demand_of(network.graph)
    data, seen = (
        Captions(samples=n, noise=0.02, seed=seed).load(demand, SPECS) for n, seed in ((24 * 324, 0), (648, 1))
    )
    model.fit(data, epochs=20, batch_size=108, schedule="cosine", quiet=True)
    features = model.predict(seen)
    captions, first = np.unique(seen["tokens"], axis=0, return_index=True)
    nearest = captions[(features["image"] @ features["text"][first].T).argmax(1)]
    right = (nearest[:, :2] == seen["tokens"][:, :2]).all(1)
    return Outcome(name, "zero-shot accuracy", float(right.mean()), 0.9, f"the nearest of {len(captions)} captions")


def finetune(name: str) -> Outcome:
    """Five labels a digit: a new head on a frozen encoder that SimCLR trained, and the same network from scratch."""
    images, labels = read_digits()
    images = images[:, None]
    encoder, known, others = contrasted()
    few = np.concatenate([known[labels[known] == digit][:5] for digit in range(10)])

    def accuracy(frozen: bool, rate: float) -> float:
        network = gn.load(SPECS / "finetune/finetune.yaml", **ENCODER, classes=10, frozen=frozen)
        network.train = None  # its recipe starts from a file of weights
        model = gn.compile(network, batch_size=64, seed=1, optimizer={"sgd": {"lr": rate, "momentum": 0.9}})
        if frozen:
            trained = {path: array for path, array in encoder.parameters.items() if path.startswith("encoder.")}
            model.load_parameters(trained, strict=False)
        labelled = {"image": images[few], "label": labels[few]}
        model.fit(labelled, validation=0, epochs=60, batch_size=16, quiet=True)
        return model.evaluate({"image": images[others], "label": labels[others]})["accuracy"]

    scratch = max(accuracy(False, rate) for rate in (0.02, 0.1))
    return Outcome(name, "accuracy", accuracy(True, 0.1), scratch, f"from scratch {scratch:.3f}")


# -- all of them -----------------------------------------------------------------------------------------------------

TASKS: dict[str, Callable[[str], Outcome]] = {
    **dict.fromkeys(CLASSIFIERS, classify),
    **dict.fromkeys(SEGMENTATION, segment),
    "simclr": simclr,
    "clip": clip,
    "finetune": finetune,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; the exit status."""
    parser = argparse.ArgumentParser(description="Train networks on small data, and compare what they learn.")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(TASKS)}; all by default")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    unknown = set(options.networks) - set(TASKS)
    if unknown:
        parser.error(f"no network {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    outcomes = []
    for name in options.networks or TASKS:
        began = time.perf_counter()
        outcome = TASKS[name](name)
        outcomes.append(Outcome(**{**asdict(outcome), "seconds": time.perf_counter() - began}))
        if not options.json:
            sys.stderr.write(f"{name}: {outcome.measure} {outcome.figure:.3f}, {outcome.beside}\n")
    if options.json:
        sys.stdout.write(json.dumps({"outcomes": [{**asdict(o), "is_reached": o.is_reached} for o in outcomes]}) + "\n")
    else:
        Console().print(_table(outcomes))
    return 0 if all(o.is_reached for o in outcomes) else 1


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("network", "measure", "graphnet", "at least", "", "beside", "seconds"):
        table.add_column(heading, justify="right" if heading in ("graphnet", "at least", "seconds") else "left")
    for o in outcomes:
        sign = "reached" if o.is_reached else "MISSED"
        table.add_row(o.network, o.measure, f"{o.figure:.3f}", f"{o.wanted:.3f}", sign, o.beside, f"{o.seconds:.0f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
