"""Handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.components import Dataset
from dlpy.data import Input, Loaded, Output, Rows, Source, Task
from dlpy.errors import DataError
from dlpy.fetch import Remote, locate

DIGITS = Remote(
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)


class Mnist(Dataset):
    """60,000 and 10,000 handwritten digits, 28 x 28 bytes each (LeCun et al. 1998)."""

    name: Literal["mnist"] = "mnist"

    def outline(self) -> Task:
        classes = tuple(str(digit) for digit in range(10))
        return Task.single(Input("array", (28, 28)), Output("multiclass", 10, classes))

    def load(self) -> Loaded:
        path = locate(DIGITS, self.path)
        return images_from_npz(path, self.outline())

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        raise NotImplementedError


def images_from_npz(path: Path, task: Task) -> Loaded:
    """Return the rows of an npz file with x_train, y_train, x_test and y_test."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x_train, y_train, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is not an npz file with x_train, y_train, x_test and y_test: {error}.") from None
    source = Source("file", str(path))
    return Loaded(Rows.single(x_train, y_train), Rows.single(x_test, y_test), task, source)
