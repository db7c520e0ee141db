"""What happens between the steps of an epoch: hooks are called, divergence is detected, a signal ends training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.core import signals
from dlpy.core.errors import DivergedError
from dlpy.engine import model_state
from dlpy.engine.model_state import Averages
from dlpy.engine.plan import Pause

if TYPE_CHECKING:
    import keras


class Watch:
    """Follows an epoch, numbered from 0, from a step on."""

    def __init__(self, model: keras.Model, hooks: Sequence[Hooks], epoch: int, first: int) -> None:
        self._model, self._hooks, self._epoch, self._done = model, hooks, epoch, first

    def after(self, steps: int, scores: Mapping[str, Any], logs: dict[str, float] | None) -> None:
        """Call the hooks after this many steps of the epoch, with the scores so far.

        Raises:
            DivergedError: a loss is NaN or infinite.
        """
        require_finite(scores, self._place(steps), self._model)
        self._done = steps
        for hook in self._hooks:
            hook.on_train_batch_end(steps - 1, logs)
        if signals.wanted():
            self._stop(steps)

    def back_to(self, steps: int, averages: Averages) -> Pause:
        """Return what stops training while held-out rows are scored, in the state from before the scoring."""
        changing = [*model_state.metrics(self._model), *model_state.variables(self._model)["seeds"]]
        # scoring updates metrics, and recurrent layers draw in it
        before = [model_state.read(variable).numpy() for variable in changing]

        def stop_if_wanted(_: int, scores: Mapping[str, Any], logs: dict[str, float] | None) -> None:
            if signals.wanted():
                for variable, value in zip(changing, before, strict=True):
                    variable.assign(value)
                averages.take_away()
                self._stop(steps)

        return stop_if_wanted

    def _stop(self, steps: int) -> None:
        for hook in self._hooks:
            if isinstance(hook, Hooks):
                hook.on_stop(steps)
        signals.obey()

    def _place(self, steps: int) -> str:
        since = self._done + 1
        return f"in epoch {self._epoch + 1}, {f'step {steps}' if since == steps else f'steps {since} to {steps}'}"


def no_pause(steps: int, scores: Mapping[str, Any], logs: dict[str, float] | None) -> None:
    """Do nothing between the steps."""


def require_finite(scores: Mapping[str, Any], place: str, model: keras.Model) -> None:
    """Raise DivergedError where a loss is NaN or infinite."""
    for name, value in scores.items():
        if name.endswith("loss") and not np.isfinite(float(value)):
            raise diverged(f"{name} became {float(value)} {place}", model)


def diverged(what: str, model: keras.Model) -> DivergedError:
    """Return the error that says what is NaN or infinite, and what may help."""
    return DivergedError(
        f"{what}, at a learning rate of {model_state.learning_rate(model):.3g}. "
        "Try a smaller training.optimizer.learning_rate, 'standardize' in data.transforms, or clipnorm."
    )
