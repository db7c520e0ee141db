"""IMDB film reviews."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dlpy.data.archives import read_npz, read_ragged
from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Output, Task
from dlpy.datasets._ranked_texts import RankedTexts, labelled
from dlpy.stand_ins.reviews import reviews
from dlpy.storage.locate import Remote, locate

REVIEWS = Remote(
    "imdb.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz",
    "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
)
WORDS = Remote(
    "imdb_word_index.json",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json",
    None,
)
_OUTPUT = Output("binary", 1, ("negative", "positive"))


class Imdb(RankedTexts):
    """25,000 training and 25,000 test film reviews, half of them positive (Maas et al. 2011)."""

    word_index = WORDS

    name: Literal["imdb"] = "imdb"

    def outline(self) -> Task:
        return self.text_task(_OUTPUT)

    def load(self) -> Loaded:
        path = locate(REVIEWS, self.path)
        labels = read_npz(path, ("y_train", "y_test"))
        random = np.random.RandomState(self.shuffle_seed)  # one generator for both splits, training first
        train, test = (
            self.marked(labelled(texts, y, str(path)), random)
            for texts, y in zip(read_ragged(path, ("x_train", "x_test")), labels, strict=True)
        )
        return self.loaded(train, test, _OUTPUT, Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        train, test = (self.marked(part) for part in reviews(seed, limit))
        return self.loaded(train, test, _OUTPUT, Source("stand-in", "a generated stand-in for imdb"))
