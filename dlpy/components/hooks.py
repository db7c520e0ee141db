"""What may be done while a model trains, and how that goes on when a run is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras


class Hooks:
    """What a callback may do while a model trains: Keras' methods, so that a keras.callbacks.Callback fits too.

    Epochs are numbered from 0. `logs` holds the epoch's scores by name, `val_` before those of the validation rows.
    `on_train_batch_end` is called several times a second, not after every batch, and without scores.
    A run that is resumed within an epoch begins it again for the hooks, but not its steps.
    """

    model: keras.Model
    tell: Callable[[str], None]

    def set_model(self, model: keras.Model) -> None:
        """Receive the model; `model.stop_training = True` ends training after the epoch."""
        self.model = model

    def set_teller(self, tell: Callable[[str], None]) -> None:
        """Receive what shows a line to the person who waits."""
        self.tell = tell

    def set_params(self, params: dict[str, int]) -> None:
        """Receive how much there is to do: `epochs`, and `steps` of each."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None: ...

    def on_phase_begin(self, phase: int, description: str) -> None:
        """Learn that the next of `training.phases`, numbered from 1, begins with its next epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None: ...

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None: ...

    def on_stop(self, steps: int) -> None:
        """Learn that training stops at once, after so many steps of the present epoch: a signal came."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None: ...

    def state(self) -> dict[str, Any] | None:
        """Return what must be known to go on after this epoch, as JSON can hold it: {} where that is nothing.

        None says that it cannot go on: it begins anew when the run is resumed, and a line says so.
        """
        return None

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned; comes after `on_train_begin` and `on_phase_begin`."""


def states_of(hooks: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return the state of all hooks that keep one, by name.

    Raises:
        ConfigError: a state is not what JSON can hold.
    """
    states = {name: hook.state() for name, hook in hooks.items() if isinstance(hook, Hooks)}
    for name, state in states.items():
        try:
            json.dumps(state)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"callback '{name}': its state() returned what JSON cannot hold: {error}.") from None
    return {name: state for name, state in states.items() if state is not None}


def restore_states(hooks: Mapping[str, object], states: Mapping[str, dict[str, Any]]) -> None:
    """Let hooks go on from the states that `states_of` returned."""
    for name, hook in hooks.items():
        if isinstance(hook, Hooks) and name in states:
            hook.restore(states[name])


def without_state(hooks: Mapping[str, object]) -> list[str]:
    """Return the names of the hooks that begin anew when a run is resumed: Keras' own, and those without `state`."""
    return [name for name, hook in hooks.items() if not isinstance(hook, Hooks) or type(hook).state is Hooks.state]
