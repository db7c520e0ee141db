"""The methods that dlpy calls on callbacks during training, and the state that they keep for resuming."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras


class Hooks:
    """The methods called during training. They are those of Keras, so that a keras.callbacks.Callback works too.

    Epochs are numbered from 0. `logs` holds the scores of the epoch by name, with `val_` before those of validation
    rows. `on_train_batch_end` is called several times a second, not after every batch, and without scores.
    If a run is resumed within an epoch, `on_epoch_begin` is called again, but finished steps are not repeated.
    """

    model: keras.Model
    tell: Callable[[str], None]
    ends_training: bool = False  # True beside `model.stop_training`: no further phase begins

    def set_model(self, model: keras.Model) -> None:
        """Receive the model; `model.stop_training = True` ends training, or its phase, after the epoch."""
        self.model = model

    def set_teller(self, tell: Callable[[str], None]) -> None:
        """Receive the function that shows a line to the user."""
        self.tell = tell

    def set_params(self, params: dict[str, int]) -> None:
        """Receive the number of `epochs` and the `steps` of each."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None: ...

    def on_phase_begin(self, phase: int, description: str) -> None:
        """Called before the first epoch of each of `training.phases`, numbered from 1."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None: ...

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None: ...

    def on_stop(self, steps: int) -> None:
        """Called if a signal stops training, after `steps` steps of the current epoch."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None: ...

    def state(self) -> dict[str, Any] | None:
        """Return what is needed to resume after this epoch, as JSON values; {} if nothing is needed.

        None means that the callback cannot resume: it restarts when the run is resumed, and dlpy says so.
        """
        return None

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from what `state` returned; called after `on_train_begin` and `on_phase_begin`."""


def states_of(hooks: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return the states of the hooks that have one, by name.

    Raises:
        ConfigError: a state is not valid JSON.
    """
    states = {name: hook.state() for name, hook in hooks.items() if isinstance(hook, Hooks)}
    for name, state in states.items():
        try:
            json.dumps(state)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"callback '{name}': its state() cannot be stored as JSON: {error}.") from None
    return {name: state for name, state in states.items() if state is not None}


def restore_states(hooks: Mapping[str, object], states: Mapping[str, dict[str, Any]]) -> None:
    """Restore hooks from the states that `states_of` returned."""
    for name, hook in hooks.items():
        if isinstance(hook, Hooks) and name in states:
            hook.restore(deepcopy(states[name]))  # it may change what it gets


def without_state(hooks: Mapping[str, object]) -> list[str]:
    """Return the names of the hooks that restart when a run is resumed: those of Keras, and those without `state`."""
    return [name for name, hook in hooks.items() if not isinstance(hook, Hooks) or type(hook).state is Hooks.state]
