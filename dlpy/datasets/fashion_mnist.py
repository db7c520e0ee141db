"""Images of clothes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.archives import read_idx
from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Input, Output, Task
from dlpy.datasets.mnist import images, images_from_npz
from dlpy.stand_ins.images import clothes
from dlpy.storage.locate import Remote, given, in_data_folder, locate

_FOLDER = "fashion-mnist"  # the folder name in Keras' cache
_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_FILES = (
    ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
)
_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


class FashionMnist(Dataset):
    """60,000 training and 10,000 test images of clothes, 28 x 28 bytes each (Xiao et al. 2017); harder than mnist.

    `path` is an npz file with the same arrays as mnist.npz, or a folder with the four files that Keras downloads.
    """

    name: Literal["fashion_mnist"] = "fashion_mnist"

    def outline(self) -> Task:
        return Task.single(Input("array", (28, 28)), Output("multiclass", 10, _CLASSES))

    def load(self) -> Loaded:
        own = given(self.path) if self.path else in_data_folder("fashion_mnist.npz")
        if own is not None and not own.is_dir():
            return images_from_npz(own, self.outline())
        train, test = _in_folder(own) if own else _located()
        splits = [(read_idx(x, 3), read_idx(y, 1)) for x, y in (train, test)]
        return images(splits, self.outline(), Source("file", str(train[0].parent)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        source = Source("stand-in", "a generated stand-in for fashion_mnist")
        return images(clothes(seed, limit), self.outline(), source)


def _located() -> list[tuple[Path, Path]]:
    def one(name: str) -> Path:
        return locate(Remote(f"{_FOLDER}/{name}", _URL + name, None), None)  # no published sha256

    return [(one(x), one(y)) for x, y in _FILES]


def _in_folder(folder: Path) -> list[tuple[Path, Path]]:
    missing = [name for pair in _FILES for name in pair if not (folder / name).is_file()]
    if missing:
        raise DataError(f"data.path: {folder} does not contain {', '.join(missing)}.")
    return [(folder / x, folder / y) for x, y in _FILES]
