"""The checkpoints of a trial: its best weights are in the model after training, and nothing stays on disk."""

from __future__ import annotations

from typing import Any

from dlpy.callbacks._monitor import Best
from dlpy.callbacks.checkpoint import Checkpoint, CheckpointHooks
from dlpy.core.parsing import Scores, parse
from dlpy.engine.snapshots import put_back
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run


class TrialCheckpointHooks(CheckpointHooks):
    """Remembers the curve of the monitored score and the scores of the best epoch, whose weights the model then gets.

    Args of an instance:
        run: the folder of the trial.
        best: of the score that decides.
        options: of the experiment's checkpoint callback.
    """

    def __init__(self, run: Run, best: Best, options: Checkpoint) -> None:
        super().__init__(run, best, options)
        self._score = best
        self.curve: list[float] = []
        self.scores: dict[str, float | None] = {}

    @property
    def best_epoch(self) -> int | None:
        """The best epoch so far, from 1."""
        return None if self._score.epoch is None else self._score.epoch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.curve.append(float(logs[self._score.monitor]))
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Give the model the weights of its best epoch, from memory or from its checkpoint."""
        if self._unwritten is not None:
            put_back(self.model, self._unwritten)
        elif self._score.epoch is not None:
            checkpoints.load_weights(self.model, self._run)
        self._unwritten = None

    def state(self) -> dict[str, Any]:
        return {**super().state(), "curve": [*self.curve], "scores": {**self.scores}}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.curve = parse(state["curve"], list[float], "curve")
        self.scores = dict(parse(state["scores"], Scores, "scores"))

    def _may_be_best(self, best: Best, epoch: int, logs: dict[str, float]) -> bool:
        found = super()._may_be_best(best, epoch, logs)
        if found:
            self.scores = {**logs}
        return found
