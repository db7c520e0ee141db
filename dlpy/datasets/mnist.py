"""Handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.archives import read_npz
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.stand_ins.images import digits
from dlpy.storage.locate import Remote, locate

DIGITS = Remote(
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
_NAMES = ("x_train", "y_train", "x_test", "y_test")


class Mnist(Dataset):
    """60,000 training and 10,000 test images of handwritten digits, 28 x 28 bytes each (LeCun et al. 1998)."""

    name: Literal["mnist"] = "mnist"

    def outline(self) -> Task:
        classes = tuple(str(digit) for digit in range(10))
        return Task.single(Input("array", (28, 28)), Output("multiclass", 10, classes))

    def load(self) -> Loaded:
        path = locate(DIGITS, self.path)
        return images_from_npz(path, self.outline())

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        return images(digits(seed, limit), self.outline(), Source("stand-in", "a generated stand-in for mnist"))


def images_from_npz(path: Path, task: Task) -> Loaded:
    """Return the data of an npz file with x_train, y_train, x_test and y_test."""
    x_train, y_train, x_test, y_test = read_npz(path, _NAMES)
    return images([(x_train, y_train), (x_test, y_test)], task, Source("file", str(path)))


def images(splits: list[tuple[np.ndarray, np.ndarray]], task: Task, source: Source) -> Loaded:
    """Return training and test rows from images (rows, ...) uint8 and labels (rows,).

    Raises:
        DataError: a type or shape is wrong.
    """
    shape = task.input.shape
    for part, (x, y) in zip(("train", "test"), splits, strict=True):
        if x.dtype != np.uint8 or x.shape[1:] != shape or x.ndim != len(shape) + 1:
            wanted = ", ".join(map(str, shape))
            raise DataError(
                f"{source.description}: x_{part} should be uint8 of shape (rows, {wanted}), but is {x.dtype} {x.shape}."
            )
        if y.dtype.kind not in "iu" or y.shape != (len(x),):
            raise DataError(
                f"{source.description}: y_{part} should be integers of shape ({len(x)},), but is {y.dtype} {y.shape}."
            )
    train, test = (Rows.single(x, y) for x, y in splits)
    return Loaded(train, test, task, source)
