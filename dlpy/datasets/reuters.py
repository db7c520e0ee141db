"""Reuters newswires."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.data.archives import read_npz, read_ragged
from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Output, Task
from dlpy.datasets._ranked_texts import Part, RankedTexts, labelled
from dlpy.stand_ins.newswires import newswires
from dlpy.storage.locate import Remote, locate

NEWSWIRES = Remote(
    "reuters.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters.npz",
    "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
)
WORDS = Remote(
    "reuters_word_index.json",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters_word_index.json",
    None,
)
_TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi",
    "iron-steel", "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver",
    "wpi", "hog", "lead",
)  # fmt: skip
_OUTPUT = Output("multiclass", len(_TOPICS), _TOPICS)


class Reuters(RankedTexts):
    """11,228 newswires from 1987 on 46 topics, from 'earn' (a third of all) to topics with a dozen rows."""

    word_index = WORDS

    name: Literal["reuters"] = "reuters"
    test_split: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Fraction of the rows held out as the test split, taken from the end after shuffling."""

    def outline(self) -> Task:
        return self.text_task(_OUTPUT)

    def load(self) -> Loaded:
        path = locate(NEWSWIRES, self.path)
        (labels,) = read_npz(path, ("y",))
        (texts,) = read_ragged(path, ("x",))
        part = self.marked(labelled(texts, labels, str(path)), np.random.RandomState(self.shuffle_seed))
        return self._split(part, Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        part = self.marked(newswires(seed, limit))
        return _limited(self._split(part, Source("stand-in", "a generated stand-in for reuters")), limit)

    def _split(self, part: Part, source: Source) -> Loaded:
        texts, labels = part
        train = int(len(labels) * (1 - self.test_split))
        rows = np.arange(len(labels))
        first, last = rows[:train], rows[train:]
        return self.loaded((texts.take(first), labels[first]), (texts.take(last), labels[last]), _OUTPUT, source)


def _limited(loaded: Loaded, limit: int | None) -> Loaded:
    """Return at most the first `limit` rows of each split."""
    if limit is None:
        return loaded
    train, test = loaded.train, loaded.test
    train = train.take(np.arange(min(limit, len(train))))
    test = None if test is None else test.take(np.arange(min(limit, len(test))))
    return Loaded(train, test, loaded.task, loaded.source, loaded.resolved)
