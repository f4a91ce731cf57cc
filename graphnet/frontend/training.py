"""How a spec says that it wants to be trained: the settings under `train`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator, model_validator
from pydantic_core import PydanticCustomError, core_schema

import graphnet.ops  # noqa: F401 - registers what settings can name
from graphnet.core.diagnostics import Diagnostic, SpecError, nearest
from graphnet.ir.augmentation import Augmentation
from graphnet.ir.data import DataSource
from graphnet.ir.definitions import AUGMENTATIONS, OPTIMIZERS, SCHEDULES, SOURCES
from graphnet.ir.learning_rate import LearningRateSchedule
from graphnet.ir.optimizer import Group, Optimizer
from graphnet.ir.settings import Choice, Count, NonNegativeCount, NonNegativeNumber, PositiveNumber, listed

DEFAULT_EPOCHS: Final = 10
_REGISTRIES: Final = {
    "data": SOURCES, "validation": SOURCES, "test": SOURCES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES,
}  # fmt: skip
_PLAIN: Final = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "a text",
    "a valid boolean": "true or false",
    "a valid tuple": "a list",
    "a valid dictionary": "a mapping",
}
"""Pydantic's words in ours."""


def _primary(name: str) -> BeforeValidator:
    """A bare whole number sets one setting."""
    return BeforeValidator(lambda value: {name: value} if isinstance(value, int) else value)


def _read_weights(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


def _read_augmentations(value: Any) -> Any:
    return () if value is None else listed(value)


def _read_share(value: Any, source: core_schema.ValidatorFunctionWrapHandler) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return source(value)
    if 0 <= value < 1:
        return float(value)
    raise PydanticCustomError(
        "share",
        "this is no part of the data",
        {"expected": "a number from 0 to below 1, or a data source", "hint": "0.2 holds out a fifth"},
    )


Held = Annotated[float | DataSource | None, Choice(SOURCES, optional=True), WrapValidator(_read_share)]
"""A part of the data, or a source of other data."""


class Settings(BaseModel):
    """Settings that are taken strictly: nothing unknown, nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class EarlyStopping(Settings):
    """When to stop before the end.

    Attributes:
        patience: epochs without a better value after which training stops.
        monitor: a column of the log, such as `val_accuracy`; the loss of the validation data by default, or of the
            training data where there is no other.
        min_delta: how much better a value must be to count.
    """

    patience: Count
    monitor: str | None = None
    min_delta: NonNegativeNumber = 0.0


class Checkpoint(Settings):
    """When to write weights.

    Attributes:
        every: epochs between checkpoints.
        monitor: the column of the log that tells the best epoch; as for early stopping by default.
    """

    every: Count = 1
    monitor: str | None = None


class TrainConfig(Settings):
    """What `train` holds.

    Attributes:
        data: where samples come from.
        weights: files to start from, by the prefix of the paths they are loaded into; "" for the whole network.
        epochs: passes over the data; 10 if neither epochs nor steps are given.
        steps: updates instead of epochs.
        batch_size: samples of a batch.
        optimizer: what a step does with the gradients.
        schedule: factor of the learning rate, step by step.
        augment: what happens to samples on their way to the network, in this order.
        validation: judges each epoch: the part of the data to hold out, or a source of other data; if neither is
            said, a run from a spec takes what its data source sets apart, or holds out the part that it proposes.
        test: judges a trained network, in `graphnet eval`: likewise, and nothing by default, unless the data source
            sets it apart. No run trains on it, nor looks at it.
        seed: of the split, the order of samples and everything random in the network.
        gradient_clip: largest global norm of the gradients; larger ones are scaled down.
        accumulate: batches whose gradients make one update.
        early_stopping: when to stop before the end; a whole number is the patience.
        checkpoint: when to write weights; a whole number is `every`.
    """

    data: Annotated[DataSource | None, Choice(SOURCES, optional=True)] = None
    weights: Annotated[dict[str, str], BeforeValidator(_read_weights)] = Field(default_factory=dict)
    epochs: Count | None = None
    steps: Count | None = None
    batch_size: Count = 64
    optimizer: Annotated[Optimizer, Choice(OPTIMIZERS)] = Field(default_factory=OPTIMIZERS["sgd"])
    schedule: Annotated[LearningRateSchedule, Choice(SCHEDULES)] = Field(default_factory=SCHEDULES["constant"])
    augment: Annotated[
        tuple[Annotated[Augmentation, Choice(AUGMENTATIONS)], ...], BeforeValidator(_read_augmentations)
    ] = ()
    validation: Held = None
    test: Held = None
    seed: NonNegativeCount = 0
    gradient_clip: PositiveNumber | None = None
    accumulate: Count = 1
    early_stopping: Annotated[EarlyStopping | None, _primary("patience")] = None
    checkpoint: Annotated[Checkpoint, _primary("every")] = Field(default_factory=Checkpoint)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.epochs is not None and self.steps is not None:
            raise PydanticCustomError(
                "length",
                "the length of training is given twice",
                {"expected": "`epochs` or `steps`", "found": f"epochs: {self.epochs}, steps: {self.steps}"},
            )
        held = [share for share in (self.validation, self.test) if isinstance(share, float)]
        if sum(held) >= 1:
            raise PydanticCustomError(
                "shares", "nothing is left to train on",
                {"expected": "`validation` and `test` of less than 1 together", "found": " + ".join(map(str, held))},
            )  # fmt: skip
        return self

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> Self:
        """Read what a spec writes under `train`.

        Raises:
            pydantic.ValidationError: something does not fit; `loc` of each error is the path of keys below `train`.
                `diagnose_training` puts them into words.
        """
        return cls.model_validate(dict(mapping))

    def changed(self, **settings: Any) -> Self:
        """The same settings with some replaced; None restores a default.

        Raises:
            SpecError: a setting is unknown, or its value does not fit.
        """
        kept = {name: getattr(self, name) for name in self.model_fields_set if name not in settings}
        for one, other in (("epochs", "steps"), ("steps", "epochs")):
            if settings.get(one) is not None and other not in settings:
                kept.pop(other, None)
        given = {name: value for name, value in settings.items() if value is not None}
        try:
            return type(self).model_validate(kept | given)
        except ValidationError as error:
            raise SpecError([diagnostic for _, diagnostic in diagnose_training(error)]) from None

    def duration(self, steps_per_epoch: int) -> tuple[int, int]:
        """How many updates and how many (started) epochs the run has."""
        if self.steps is not None:
            return self.steps, -(-self.steps // steps_per_epoch)
        epochs = self.epochs or DEFAULT_EPOCHS
        return epochs * steps_per_epoch, epochs


def diagnose_training(error: ValidationError) -> list[tuple[tuple[str | int, ...], Diagnostic]]:
    """What is wrong with the settings of training, for a front end that knows where they are written.

    Returns:
        for each error the path of keys below `train`, which may be longer than what is written where a default or
        a bare value stands for a setting, and the diagnostic without its position.
    """
    return [
        (one["loc"], _diagnostic(one["type"], one["loc"], one["msg"], one["input"], one.get("ctx", {})))
        for one in error.errors(include_url=False)
    ]


def _diagnostic(kind: str, loc: tuple[str | int, ...], text: str, found: Any, context: dict[str, Any]) -> Diagnostic:
    path = "train" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return _unknown_setting(loc, path)
    if kind in {"missing", "missing_argument"}:
        return Diagnostic("missing-setting", f"`{loc[-1]}` is missing", at=path, expected=f"a value for `{loc[-1]}`")
    name = next((part for part in reversed(loc) if isinstance(part, str)), "train")
    if kind == "literal_error":
        text = f"`{name}` does not fit"
    said = {name: context[name] for name in ("expected", "found", "hint") if name in context}
    if said:
        code = "name" if kind == "unknown_name" else "value"
        return Diagnostic(code, text, at=path, **{"found": repr(found), **said})
    expected = text.removeprefix("Input should be ").removeprefix("Value error, ")
    expected = _PLAIN.get(expected, expected)
    return Diagnostic("value", f"`{name}` does not fit", at=path, expected=expected, found=repr(found))


def _unknown_setting(loc: tuple[str | int, ...], path: str) -> Diagnostic:
    name, known = str(loc[-1]), _known_settings(loc[:-1])
    close = nearest(name, known)
    return Diagnostic(
        "unknown-setting", f"there is no setting '{name}'", at=path, expected=", ".join(known), found=name,
        hint=f"did you mean `{close}`?" if close else None,
    )  # fmt: skip


def _known_settings(loc: tuple[str | int, ...]) -> list[str]:
    """The settings that exist at a path below `train`."""
    match loc:
        case ():
            return list(TrainConfig.model_fields)
        case ("early_stopping",):
            return list(EarlyStopping.model_fields)
        case ("checkpoint",):
            return list(Checkpoint.model_fields)
        case ("augment", *_, str(head)) if head in AUGMENTATIONS:
            return [field.name for field in fields(AUGMENTATIONS[head])]
        case (str(), str(head), "groups", int()) if head in OPTIMIZERS:
            return [field.name for field in fields(Group)]
        case (str(key), str(head)) if head in _REGISTRIES.get(key, {}):
            return [field.name for field in fields(_REGISTRIES[key][head])]
        case _:
            return []
