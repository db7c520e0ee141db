"""A whole training on a table with several inputs and targets, and what evaluate and predict make of it."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

EXPERIMENT = """
data:
  name: csv
  path: homes.csv
  inputs:
    facts: {columns: [rooms, city], transforms: [standardize]}
    words: {text: note, transforms: [{name: tokenize, vocabulary: 20}, {name: pad, length: 3}]}
    photo: {image: file, transforms: [rescale, {name: reshape, shape: [-1]}]}
  targets:
    price: {column: price, transforms: [log, standardize], missing: mask}
    sold: {column: sold}
    tags: {columns: [lift, garden]}
  weight: weight
  validation: 20
model:
  name: graph
  layers:
    code: {layer: Embedding, output_dim: 2, of: words}
    read: {layer: Flatten}
    joined: {layer: Concatenate, of: [read, facts, photo]}
    hidden: {layer: Dense, units: 8, activation: relu}
  outputs: {price: hidden, sold: hidden, tags: hidden}
training: {epochs: 2, optimizer: {name: adam, learning_rate: 0.01}}
"""
PRICES = [50 + 10 * (row % 9) for row in range(80)]


def table() -> str:
    lines = ["file,rooms,city,note,price,sold,lift,garden,weight"]
    for row in range(80):
        price = "" if row % 10 == 3 else PRICES[row]
        note = "bright and wide" if row % 2 else "dark and small"
        lines.append(
            f"{row % 3}.png,{row % 5},{'Rome' if row % 3 else 'Oslo'},{note},{price},{'yes' if row % 2 else 'no'},"
            f"{row % 2},{int(row % 3 == 0)},{row % 4}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def run(bench, monkeypatch):
    monkeypatch.setenv("DLPY_CACHE", str(bench.folder / "cache"))
    for number in range(3):
        Image.fromarray(np.full((2, 2, 3), 80 * number, np.uint8)).save(bench.folder / f"{number}.png")
    bench.write(table(), "homes.csv")
    return bench.trained(bench.write(EXPERIMENT))


def test_scores_are_those_of_the_stored_predictions(bench, run):
    status, _, err = bench.run("evaluate", "latest")
    assert (status, err) == (0, "")
    stored = np.load(run.predictions)
    assert stored["validation-price.index"].tolist() == [row for row in range(20) if row % 10 != 3]
    prices = [PRICES[row] for row in range(20) if row % 10 != 3]
    assert stored["validation-price.target"].tolist() == pytest.approx(prices, rel=1e-6)
    found = json.loads((run.path / "evaluation.json").read_text())["validation"]
    error = np.abs(stored["validation-price.prediction"][:, 0] - stored["validation-price.target"]).mean()
    assert found["outputs"]["price"]["in_unit"]["scores"]["mae"] == pytest.approx(error, rel=1e-5)
    right = (stored["validation-sold.prediction"][:, 0] > 0.5) == stored["validation-sold.target"]
    assert found["scores"]["sold_accuracy"] == pytest.approx(right.mean())
    labels = (stored["validation-tags.prediction"] > 0.5) == stored["validation-tags.target"]
    assert found["scores"]["tags_accuracy"] == pytest.approx(labels.mean())


def test_predictions_are_those_that_training_stored(bench, run):
    bench.write("\n".join(line.rsplit(",", 5)[0] for line in table().split("\n")), "bare.csv")
    bare, full = (bench.run("predict", "latest", name) for name in ("bare.csv", "homes.csv"))
    assert bare == full
    assert (bare[0], bare[2]) == (0, "")
    lines = list(csv.DictReader(io.StringIO(bare[1])))
    assert list(lines[0]) == [
        "price_prediction", "sold_prediction", "sold_probability_no", "sold_probability_yes",
        "tags_prediction", "tags_probability_lift", "tags_probability_garden",
    ]  # fmt: skip
    stored = np.load(run.predictions)
    own = [float(line["price_prediction"]) for row, line in enumerate(lines[:20]) if row % 10 != 3]
    assert own == pytest.approx(stored["validation-price.prediction"][:, 0], rel=1e-5)
    yes = [float(line["sold_probability_yes"]) for line in lines[:20]]
    assert yes == pytest.approx(stored["validation-sold.prediction"][:, 0], rel=1e-5)
