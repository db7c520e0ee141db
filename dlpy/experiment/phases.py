"""Training phases: which layers are trained, for how many epochs, and with which optimizer."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field, model_validator

from dlpy.components.model import GenerativeModel, Model, PretrainedModel
from dlpy.components.objectives import AnyOptimizer, Optimizer
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block, Component
from dlpy.experiment.yaml_reader import Mistake
from dlpy.optimizers import Rate

if TYPE_CHECKING:
    import keras

_MOST_NAMES = 30


class Phase(Block):
    """A phase of training with its own frozen layers and optimizer."""

    freeze: Literal["all", "none"] | None = None
    """`all` freezes the base of a pretrained model (or all layers but the last of others); `none` freezes nothing."""
    unfreeze_from: str | None = None
    """Name of the first layer of the base to train; the layers before it are frozen."""
    epochs: Annotated[int, Field(gt=0)]
    """Number of passes over the training rows, at most; early stopping ends the phase."""
    learning_rate: Rate | None = None
    """Learning rate of this phase; the other options are those of training.optimizer."""
    optimizer: AnyOptimizer | None = None
    """Optimizer of this phase; default: training.optimizer."""

    @model_validator(mode="after")
    def _clear(self) -> Phase:
        if (self.freeze is None) == (self.unfreeze_from is None):
            raise ValueError("give either 'freeze: all', 'freeze: none' or 'unfreeze_from: <layer>'")
        if self.learning_rate is not None and self.optimizer is not None:
            raise ValueError("give 'learning_rate' as an option of 'optimizer'")
        return self

    def chosen_optimizer(self, usual: Optimizer) -> Optimizer:
        """Return the optimizer of this phase, given that of `training`."""
        if self.optimizer is not None or self.learning_rate is None:
            return self.optimizer or usual
        return type(usual).model_validate({**usual.model_dump(), "learning_rate": self.learning_rate})

    def frozen(self, base: Sequence[keras.layers.Layer]) -> Sequence[keras.layers.Layer]:
        """Return the frozen layers of the base.

        Raises:
            ConfigError: the base has no layer of that name.
        """
        if self.unfreeze_from is None:
            return base if self.freeze == "all" else []
        names = [layer.name for layer in base]
        if self.unfreeze_from not in names:
            raise ConfigError(f"unfreeze_from: {_unknown(self.unfreeze_from, names)}")
        return base[: names.index(self.unfreeze_from)]

    def __str__(self) -> str:
        if self.unfreeze_from is not None:
            return f"training the base from {self.unfreeze_from} on"
        return "the base is frozen" if self.freeze == "all" else "training all layers"


def first_epochs(phases: Sequence[Phase], epochs: int) -> list[Phase]:
    """Return the phases cut to `epochs` in total."""
    found = []
    for phase in phases:
        if epochs > 0:
            found.append(phase.model_copy(update={"epochs": min(phase.epochs, epochs)}))
        epochs -= phase.epochs
    return found


class Phased(Protocol):
    """The options of `training` that phases depend on."""

    @property
    def optimizer(self) -> Optimizer: ...
    @property
    def phases(self) -> list[Phase] | None: ...


def has_schedule(training: Phased) -> bool:
    """Return whether the learning rate follows a schedule in any phase."""
    usual = training.optimizer
    chosen = [phase.chosen_optimizer(usual) for phase in training.phases or []] or [usual]
    rates = [getattr(optimizer, "learning_rate", None) for optimizer in chosen]  # a plug-in's may have another name
    return any(isinstance(rate, Component) for rate in rates)


def clashes_of_phases(training: Phased, model: Model) -> list[Mistake]:
    """Return the mistakes of an experiment with phases."""
    if training.phases is None:
        return []
    if isinstance(model, GenerativeModel):
        message = f"training in phases freezes a pretrained base; {model.name} has none."
        return [Mistake(("model", "train"), message)]
    try:
        if isinstance(model, PretrainedModel):
            model.check_phases()
    except ConfigError as error:
        return [Mistake(("model", "train"), str(error))]
    return []


def _unknown(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if len(names) <= _MOST_NAMES:
        guess = f" Did you mean '{close[0]}'?" if close else ""
        return f"the base has no layer '{name}'.{guess} Its layers: {', '.join(names) or 'none'}."
    guess = f" Did you mean {' or '.join(repr(other) for other in close)}?" if close else ""
    return f"the base has no layer '{name}'.{guess} It has {len(names)}, {names[0]} to {names[-1]}."
