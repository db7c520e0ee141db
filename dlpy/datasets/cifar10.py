"""Small colour photographs."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.data.archives import read_cifar
from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Input, Output, Task
from dlpy.datasets.mnist import images
from dlpy.stand_ins.images import photographs
from dlpy.storage.locate import Remote, locate

ARCHIVE = Remote(
    "cifar-10-python.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    keras_name="cifar-10-batches-py-target_archive",
)
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Cifar10(Dataset):
    """50,000 training and 10,000 test colour photographs in ten classes, 32 x 32 x 3 bytes each (Krizhevsky 2009).

    Labels have shape (rows,); Keras returns (rows, 1).
    """

    name: Literal["cifar10"] = "cifar10"

    def outline(self) -> Task:
        return Task.single(Input("array", (32, 32, 3)), Output("multiclass", 10, _CLASSES))

    def load(self) -> Loaded:
        path = locate(ARCHIVE, self.path)
        *train, test = read_cifar(path, _BATCHES, b"labels")
        pixels, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
        return images([_images(pixels, labels), _images(*test)], self.outline(), Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        source = Source("stand-in", "a generated stand-in for cifar10")
        return images(photographs(seed, limit), self.outline(), source)


def _images(pixels: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (3072,), stored channel by channel, as images with the channel axis last."""
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels
