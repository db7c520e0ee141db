"""One network with an output for each token of a text and another for the whole text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.data.features import Texts
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task

pytestmark = pytest.mark.slow

TAGS = ("O", "B-PLACE", "B-MUSIC")
PLACES, MUSIC = ("Rome", "Oslo"), ("jazz", "rock")
TASK = Task(
    {"text": Input("text", (None,))},
    {
        "tags": Output("multiclass", 3, TAGS, has_missing=True, per_step=True),
        "intent": Output("binary", 1, ("fly", "play")),
    },
)
LAYERS = {
    "read": {"family": "rnn", "cell": "gru", "units": 12, "bidirectional": True, "embedding": 12, "steps": True},
    "sentence": {"layer": "GlobalAveragePooling1D", "of": "read"},
}
DATA = {
    "name": "spoken_requests",
    "transforms": [{"name": "tokenize", "rules": "spaces", "lower": False}, {"name": "pad", "fill": "back"}],
    "validation": 0.2,
}
MODEL = {"name": "graph", "layers": LAYERS, "outputs": {"tags": "read", "intent": "sentence"}}
TRAINING = {"epochs": 4, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.02}}


class SpokenRequests(Dataset):
    """Requests such as "please fly to Rome", with the tag of each word and what is wanted."""

    name: Literal["spoken_requests"] = "spoken_requests"

    def outline(self) -> Task:
        return TASK

    def load(self) -> Loaded:
        rng, texts = np.random.default_rng(1), np.empty(200, object)
        tags, intent = np.full((200, 5), -1, np.int32), rng.integers(0, 2, 200)
        for row, kind in enumerate(intent):
            polite, last = int(rng.integers(3)), (PLACES, MUSIC)[kind][rng.integers(2)]
            words = ["please"] * polite + [["fly", "to"], ["play", "some"]][kind] + [last]
            texts[row] = " ".join(words)
            tags[row, : len(words)] = [0] * (polite + 2) + [1 + kind]
        rows = Rows({"text": Texts(texts)}, {"tags": tags, "intent": intent}, np.arange(200))
        return Loaded(rows, None, TASK, Source("generated", "generated requests"))

    def read(self, path: Path, task: Task) -> Rows:
        texts = np.array(path.read_text().splitlines(), object)
        return Rows({"text": Texts(texts)}, {}, np.arange(len(texts)))


def test_words_get_tags_and_the_text_a_class(bench) -> None:
    run = bench.trained(bench.experiment(data=DATA, model=MODEL, training=TRAINING))
    status, out, err = bench.run("evaluate", run.path, "--json")
    assert (status, err) == (0, "")
    scores = json.loads(out)["validation"]["scores"]
    assert scores["tags_accuracy"] > 0.95
    assert scores["intent_accuracy"] > 0.95
    (bench.folder / "new.txt").write_text("please fly to Oslo\nplay some jazz\n")
    status, out, err = bench.run("predict", run.path, "new.txt")
    assert (status, err) == (0, "")
    lines = list(csv.DictReader(io.StringIO(out)))
    assert [line["word"] for line in lines] == ["please", "fly", "to", "Oslo", "play", "some", "jazz"]
    assert [line["tags_prediction"] for line in lines] == ["O", "O", "O", "B-PLACE", "O", "O", "B-MUSIC"]
    assert [line["intent_prediction"] for line in lines] == ["fly"] * 4 + ["play"] * 3


def test_the_text_has_one_vector(bench) -> None:
    outputs = {"tags": "read", "intent": "read"}
    wrong = {**MODEL, "layers": {"read": LAYERS["read"]}, "outputs": outputs}
    status, out, err = bench.run("check", bench.experiment(data=DATA, model=wrong, training=TRAINING))
    assert status == 2
    assert "outputs.intent: the last layer needs one vector for each row, and 'read' gives" in out + err
