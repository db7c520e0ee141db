"""Families over sequences as blocks of a graph and in `combined`: a vector for a row, or for each of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import yaml

from dlpy.core.errors import ConfigErrors
from dlpy.data.task import Input, Output, Task
from dlpy.models.combined import Combined
from dlpy.models.graph import Graph

pytestmark = pytest.mark.slow

CLASSES = Output("multiclass", 3, ("a", "b", "c"))
BACK, FRONT = (Input("sequence", (12,), 30, padding=side) for side in ("back", "front"))
INPUTS = {"words": BACK, "photo": Input("array", (8, 8, 3)), "series": Input("array", (12, 4))}
TRANSFORMERS = """
layers:
  words_code: {family: transformer, size: 8, heads: 2, of: words}
  photo_code: {family: transformer, size: 8, patch: 4, positions: learned, of: photo}
  series_code: {family: transformer, size: 8, pool: token, of: series}
  joined: {layer: Concatenate, of: [words_code, photo_code, series_code]}
"""
EACH = """
layers:
  read: {family: FAMILY, steps: true}
  mixed: {layer: Dense, units: 5, activation: tanh}
"""


def graph(text: str) -> Graph:
    return Graph.model_validate({"name": "graph", **yaml.safe_load(text)})


def built(family: Any, task: Task) -> Any:
    family.check(task)
    keras.utils.set_random_seed(3)
    return family.build(task)


def rows(count: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    photo, series = (rng.normal(size=(count, *shape)).astype(np.float32) for shape in ((8, 8, 3), (12, 4)))
    return {"words": rng.integers(1, 30, (count, 12)).astype(np.int32), "photo": photo, "series": series}


def test_transformers_read_words_patches_and_series_in_one_network(tmp_path: Path) -> None:
    model = built(graph(TRANSFORMERS), Task(INPUTS, {"sort": CLASSES}))
    assert model.get_layer("joined").output.shape == (None, 24)
    assert model.input["words"].shape == (None, None)  # of any length: attention skips the padding
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(rows()), model(rows()))


def test_combined_joins_transformers() -> None:
    encoder = {"family": "transformer", "size": 8, "heads": 2}
    family = Combined.model_validate({"name": "combined", "encoders": dict.fromkeys(INPUTS, encoder), "head": [6]})
    model = built(family, Task(INPUTS, {"sort": CLASSES}))
    given = rows()
    assert model(given).shape == (3, 3)
    shorter = given | {"words": given["words"][:, :7]}
    padded = given | {"words": np.pad(given["words"][:, :7], ((0, 0), (0, 5)))}
    np.testing.assert_allclose(model(padded), model(shorter), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["transformer", "rnn, bidirectional: true"])
@pytest.mark.parametrize("given", [BACK, FRONT], ids=["back", "front"])
def test_a_block_gives_a_vector_for_each_token_and_passes_the_mask_on(family: str, given: Input) -> None:
    text = EACH.replace("FAMILY", family) + "  mean: GlobalAveragePooling1D"
    model = built(graph(text), Task({"words": given}, {"sort": CLASSES}))
    assert model.inputs[0].shape == (None, None)
    row = np.array([[5, 9, 2, 7]], np.int32)
    padded = np.pad(row, ((0, 0), (3, 0) if given is FRONT else (0, 3)))
    np.testing.assert_allclose(model(padded), model(row), rtol=1e-4, atol=1e-5)
    assert graph(text).notice(Task({"words": given}, {"sort": CLASSES})) is None


@pytest.mark.parametrize("family", ["transformer", "rnn", "conv1d, padding: same, pooling: 1"])
def test_blocks_predict_the_steps_of_a_series(family: str) -> None:
    each = Output("multiclass", 3, steps=12, per_step=True, has_missing=True)
    model = built(graph(EACH.replace("FAMILY", family)), Task({"series": INPUTS["series"]}, {"tags": each}))
    assert model(rows()["series"]).shape == (3, 12, 3)


def test_options_filled_in_keep_the_steps() -> None:
    task = Task({"words": BACK}, {"tags": Output("multiclass", 3, steps=12, per_step=True, has_missing=True)})
    resolved: Any = graph(EACH.replace("FAMILY", "transformer")).resolved(task)
    assert resolved.layers["read"]["steps"] is True
    assert resolved.layers["read"]["feed_forward"] == 64
    assert built(Graph.model_validate(resolved.model_dump()), task).output_shape == (None, None, 3)


def test_a_block_behind_another_reads_its_steps() -> None:
    text = """
layers:
  read: {family: rnn, units: 6, steps: true}
  again: {family: transformer, size: 8, heads: 2}
"""
    model = built(graph(text), Task({"words": BACK}, {"sort": CLASSES}))
    short = Task({"words": Input("sequence", (4,), 30, padding="back")}, {"sort": CLASSES})
    row, other = np.array([[5, 9, 2, 7]], np.int32), built(graph(text), short)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(model(np.pad(row, ((0, 0), (0, 8)))), other(row), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{read: {family: dense, steps: true}}", "layers.read.steps\\s+dense gives one vector for the whole row"),
        ("{read: {family: rnn, steps: every}}", "layers.read.steps\\s+expected true"),
        ("{read: {layer: GRU, units: 3, steps: true}}", "steps"),
    ],
)
def test_wrong_steps_are_refused(text: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        Graph.model_validate({"name": "graph", "layers": yaml.safe_load(text)})


def test_an_encoder_gives_one_vector() -> None:
    with pytest.raises(Exception, match=r"encoders.words.steps\s+an encoder gives one vector for each row"):
        Combined.model_validate({"name": "combined", "encoders": {"words": {"family": "rnn", "steps": True}}})


def test_vectors_of_steps_are_no_vector_of_the_row() -> None:
    with pytest.raises(ConfigErrors, match="needs one vector for each row"):
        graph(EACH.replace("FAMILY", "rnn")).check(Task({"words": BACK}, {"sort": CLASSES}))
