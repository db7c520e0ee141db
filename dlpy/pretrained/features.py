"""Turns images into the features of a pretrained base, which are computed once and cached on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core import keras_backend
from dlpy.core.progress import progress_bar
from dlpy.data.features import row_bytes
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, State, Task
from dlpy.pretrained import feature_cache
from dlpy.pretrained.bases import Base, base_layers
from dlpy.pretrained.build import IMAGENET
from dlpy.pretrained.weights import digest_of
from dlpy.storage.kept_arrays import kept

if TYPE_CHECKING:
    import keras

_BATCH_BYTES = 8_000_000  # of images as float32
_MOST_ROWS = 64
_SHAPE = "shape"  # of the images, beside the weights
_last: list[Any] = []  # the state that the last base was built from, and its graph


class BaseFeatures(Transform):
    """The feature maps (height, width, channels) of the model's base for each image.

    Its state holds the weights of the base, so that the run can be read after their file is deleted.
    """

    name: str = "base features"
    base: Base

    @staticmethod
    def folder() -> Path:
        """Return the folder of cached features."""
        return feature_cache.folder()

    def outline(self, task: Task) -> Task:
        self.base.check(task)
        return task.with_input(Input("array", (None, None, None)))

    def fit(self, rows: Rows, task: Task) -> State:
        return {_SHAPE: np.array(rows.take(np.arange(1)).array.shape[1:]), **self.base.read()}

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows.with_x(kept(feature_cache.folder(), self._key(rows, state), lambda: self._computed(rows, state)))

    def layer(self, state: State) -> keras.layers.Layer:
        """Return the base with its weights."""
        _last.clear()  # one base at a time: two may not fit into memory
        keras_backend.start()
        import keras

        shape = tuple(map(int, state[_SHAPE]))
        inputs = keras.Input(shape, name="input")
        task = Task.single(Input("array", shape), Output("regression"))
        model = keras.Model(inputs, self.base.layers(inputs, task), name="base")
        self.base.assign(base_layers(model), {name: array for name, array in state.items() if name != _SHAPE})
        return model

    def _key(self, rows: Rows, state: State) -> str:
        base = self.base.resolved()
        said = base.model_dump_json(exclude={"weights"}) + str(base.weights == IMAGENET)
        what = [feature_cache.digest_of(rows), digest_of(state), said, *_versions()]
        return hashlib.sha256("\n".join(what).encode()).hexdigest()

    def _computed(self, rows: Rows, state: State) -> np.ndarray:
        """Return the features of the rows: (rows, height, width, channels) float32."""
        function, found, done = _function(self, state), [], 0
        with progress_bar(f"features of {self.base.title}") as report:
            for batch in _batches(rows):
                found.append(function(batch).numpy())
                done += len(batch)
                if report:
                    report(done, len(rows))
        return np.concatenate(found)


def _versions() -> Iterator[str]:
    """Yield the versions of Keras and TensorFlow; the latter has several package names."""
    for package in ("keras", "tensorflow", "tensorflow-cpu"):
        with suppress(PackageNotFoundError):
            yield f"{package} {version(package)}"


def _function(features: BaseFeatures, state: State) -> Any:
    """Return the base as a graph; the graph of the last state is reused."""
    keras_backend.start()
    import tensorflow as tf

    if not _last or _last[0] is not state:
        model: Any = features.layer(state)
        graph = tf.function(lambda x: model(x, training=False), autograph=False, reduce_retracing=True)
        _last[:] = [state, graph]
    return _last[1]


def _batches(rows: Rows) -> Iterator[np.ndarray]:
    """Yield the images as float32, in batches."""
    size = max(1, min(_MOST_ROWS, _BATCH_BYTES // row_bytes(rows.x)))
    for start in range(0, len(rows), size):
        chosen = np.arange(start, min(start + size, len(rows)))
        yield rows.take(chosen).array.astype(np.float32)
