import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from planted import write_texts

from dlpy.explain.attention_maps import AttentionMap, attention_maps

pytestmark = pytest.mark.slow


def test_maps_are_the_scores_of_the_layers() -> None:
    keras.utils.set_random_seed(0)
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 6, mask_zero=True)(ids)
    attention = layers.MultiHeadAttention(2, 3, name="look")
    model = keras.Model(ids, layers.Dense(1)(layers.GlobalAveragePooling1D()(attention(x, x))))
    row = np.array([3, 1, 4, 0, 0])
    (found,) = attention_maps(model, row)
    vectors = model.layers[1](row[None])
    _, scores = attention(vectors, vectors, return_attention_scores=True)
    assert found.layer == "look"
    np.testing.assert_allclose(found.weights, np.asarray(scores)[0], atol=1e-6)
    assert found.of_positions(np.array([0, 1, 2]), 5).sum(axis=-1) == pytest.approx(1)  # nothing attends to padding


def test_vectors_that_a_layer_put_in_front_stay_in_front() -> None:
    weights = np.arange(16.0).reshape(1, 4, 4)  # a class token, then three positions
    assert AttentionMap("x", weights).of_positions(np.array([1, 2]), 3).tolist() == [
        [[0, 2, 3], [8, 10, 11], [12, 14, 15]]
    ]


def test_a_transformer_is_explained(bench) -> None:
    write_texts(bench.folder / "texts.csv")
    data = {"name": "text_csv", "path": "texts.csv", "text": "text", "target": "label", "task": "binary"}
    transforms = [{"name": "tokenize"}, {"name": "pad", "length": 10}]
    model = {"name": "transformer", "size": 8, "heads": 2, "dropout": 0.0}
    training = {"epochs": 15, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.02}}
    bench.trained(bench.experiment(data={**data, "transforms": transforms}, model=model, training=training))
    text = ["--text", "the river went splendid under seven lamps", "--json"]
    status, out, err = bench.run("explain", "latest", *text, "--method", "attention")
    assert (status, err) == (0, "")
    (layer,) = json.loads(out)["texts"][0]["attention"]
    assert layer["tokens"][:3] == ["the", "river", "went"]
    assert np.shape(layer["weights"]) == (2, 7, 7)
    assert np.sum(layer["weights"], axis=-1) == pytest.approx(1, abs=1e-5)
    assert Path(layer["file"]).is_file()
    status, out, err = bench.run("explain", "latest", *text, "--method", "gradients")
    assert (status, err) == (0, "")
    (found,) = json.loads(out)["texts"]
    assert max(found["tokens"], key=lambda token: token["effect"])["token"] == "splendid"
    assert abs(found["error"]) < 0.01
