"""Small pictures and networks to look into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.data.images.files import Form
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import open_network

if TYPE_CHECKING:
    import keras

CORNERS = {"northwest": (slice(1, 6), slice(1, 6)), "southeast": (slice(10, 15), slice(10, 15))}


def corner_picture(corner: str, seed: int = 0) -> np.ndarray:
    """A dim noise with a bright square in one corner: (16, 16) uint8."""
    picture = np.random.default_rng(seed).integers(0, 60, (16, 16)).astype(np.uint8)
    picture[CORNERS[corner]] = 230
    return picture


class Corners(Dataset):
    """Pictures whose class is the corner of a bright square."""

    name: Literal["corners"] = "corners"

    def load(self) -> Loaded:
        names = [*CORNERS] * 60
        rows = Rows.single(np.stack([corner_picture(name, i) for i, name in enumerate(names)]), np.arange(120) % 2)
        task = Task.single(Input("array", (16, 16)), Output("multiclass", 2, tuple(CORNERS)))
        return Loaded(rows, None, task, Source("file", "corners"))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        loaded = self.load()
        return Loaded(loaded.train, None, loaded.task, Source("stand-in", "generated corners"))


DATA = {"name": "corners", "transforms": [{"name": "reshape", "shape": [16, 16, 1]}, "rescale"]}
MODEL = {"name": "convnet", "filters": [4, 8], "padding": "same", "pooling": [2, 1], "units": []}
TRAINING = {"epochs": 6, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.01}}


def subject(model: keras.Model, side: int = 8, classes: tuple[str, ...] = ("a", "b", "c")) -> Subject:
    """A network that takes pictures of three colours as they are."""
    return Subject("toy", open_network(model), Form(size=(side, side)), lambda x: x.astype(np.float32), classes)
