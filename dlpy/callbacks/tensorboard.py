"""Writes event files for TensorBoard."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.engine.model_state import learning_rate
from dlpy.runs.directory import Run


class TensorBoard(Callback):
    """Log scores, and optionally histograms of weights, for `tensorboard --logdir runs`."""

    sets = ("tensorboard/",)

    name: Literal["tensorboard"] = "tensorboard"
    histogram_freq: Annotated[int, Field(ge=0)] = 0
    """Number of epochs between histograms of all weights; 0: no histograms."""
    embeddings: bool = False
    """Whether to write embedding vectors, with their words if known, for TensorBoard's projector after training."""

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TensorBoardHooks(run, self.histogram_freq, embeddings=self.embeddings)


class TensorBoardHooks(Hooks):
    """Writes one event file for training and one for validation rows, named as by Keras, so that curves overlay."""

    def __init__(self, run: Run, histogram_freq: int, *, embeddings: bool) -> None:
        self._run = run
        self._folder = run.path / "tensorboard"
        self._histogram_freq = histogram_freq
        self._embeddings = embeddings
        self._writers: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        import tensorflow as tf

        for name, value in logs.items():
            if not np.isfinite(value):
                continue
            part = "validation" if name.startswith("val_") else "train"
            with self._writer(part).as_default():
                tf.summary.scalar(f"epoch_{name.removeprefix('val_')}", value, step=epoch)
        with self._writer("train").as_default():
            tf.summary.scalar("epoch_learning_rate", learning_rate(self.model), step=epoch)
            if self._histogram_freq and (epoch + 1) % self._histogram_freq == 0:
                for weight in self.model.weights:
                    tf.summary.histogram(f"{weight.path}/histogram", weight.value, step=epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        for writer in self._writers.values():
            writer.close()
        if self._embeddings:
            self._write_projector()

    def state(self) -> dict[str, Any]:  # epochs that are trained again appear twice in the files, with the same values
        return {}

    def _write_projector(self) -> None:
        """Write the projector's files: a table of vectors for each embedding, and one of the words."""
        from keras import layers

        entries = []
        words = self._words()
        for layer in (layer for layer in self.model.layers if isinstance(layer, layers.Embedding)):
            vectors = layer.get_weights()[0]
            np.savetxt(self._folder / f"{layer.name}.tsv", vectors, "%.6g", delimiter="\t")
            entry = f'embeddings {{\n  tensor_name: "{layer.name}"\n  tensor_path: "{layer.name}.tsv"\n'
            if len(words) == len(vectors):
                (self._folder / "words.tsv").write_text("\n".join(words) + "\n", encoding="utf-8")
                entry += '  metadata_path: "words.tsv"\n'
            entries.append(entry + "}\n")
        (self._folder / "projector_config.pbtxt").write_text("".join(entries), encoding="utf-8")

    def _words(self) -> list[str]:
        """Return the word of each integer from 0, or nothing if the run has no vocabulary."""
        path = self._run.path / "vocabulary.txt"
        words = ["(filled up)", *path.read_text(encoding="utf-8").split("\n")[:-1]] if path.is_file() else []
        return [word.replace("\t", " ") for word in words]

    def _writer(self, part: str) -> Any:
        import tensorflow as tf

        if part not in self._writers:
            self._writers[part] = tf.summary.create_file_writer(f"{self._folder}/{part}")
        return self._writers[part]
