"""Writes event files that TensorBoard shows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dlpy.components import Callback, Hooks
from dlpy.runs import Run


class TensorBoard(Callback):
    """Write scores, and histograms of weights if asked, for `tensorboard --logdir runs`."""

    name: Literal["tensorboard"] = "tensorboard"
    histogram_freq: Annotated[int, Field(ge=0)] = 0
    """Epochs between histograms of all weights; 0 for none."""

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TensorBoardHooks(str(run.path / "tensorboard"), self.histogram_freq)


class TensorBoardHooks(Hooks):
    """One event file for training rows and one for validation rows, as Keras names them, so that curves overlay."""

    def __init__(self, folder: str, histogram_freq: int) -> None:
        self._folder = folder
        self._histogram_freq = histogram_freq
        self._writers: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        import tensorflow as tf

        for name, value in logs.items():
            part = "validation" if name.startswith("val_") else "train"
            with self._writer(part).as_default():
                tf.summary.scalar(f"epoch_{name.removeprefix('val_')}", value, step=epoch)
        with self._writer("train").as_default():
            tf.summary.scalar("epoch_learning_rate", float(self.model.optimizer.learning_rate), step=epoch)  # type: ignore
            if self._histogram_freq and (epoch + 1) % self._histogram_freq == 0:
                for weight in self.model.weights:
                    tf.summary.histogram(f"{weight.path}/histogram", weight.value, step=epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        for writer in self._writers.values():
            writer.close()

    def _writer(self, part: str) -> Any:
        import tensorflow as tf

        if part not in self._writers:
            self._writers[part] = tf.summary.create_file_writer(f"{self._folder}/{part}")
        return self._writers[part]
