"""Embeddings of the categories of a table, in dense and combined."""

import keras
import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.models._columns import vector_size, vectors
from dlpy.models.combined import Combined
from dlpy.models.dense import Dense
from dlpy.models.graph import Graph
from dlpy.training.network import new_model

pytestmark = pytest.mark.slow  # imports Keras

GIVEN = Input("array", (4,), numbers=2, categories=(3, 60))
TASK = Task.single(GIVEN, Output("regression"))
ROWS = np.array([[0.5, -1, 2, 59], [3, 4, 0, 0]], np.float32)


@pytest.mark.parametrize(("categories", "size"), [(1, 2), (3, 3), (10, 6), (100, 21), (1000, 50), (10**6, 50)])
def test_the_vectors_grow_with_the_number_of_categories(categories, size):
    assert vector_size(categories) == size  # 1.6 * categories ** 0.56: 1.6, 2.96, 5.81, 21.1, 76.6


def test_the_numbers_come_first_and_then_the_vector_of_each_code():
    inputs, x = vectors(TASK)
    model = keras.Model(inputs, x)
    assert x.shape == (None, 2 + 3 + 16)
    first, second = (layer.get_weights()[0] for layer in model.layers if isinstance(layer, keras.layers.Embedding))
    found = model.predict(ROWS, verbose=0)
    np.testing.assert_array_equal(found[0], [0.5, -1, *first[2], *second[59]])
    np.testing.assert_array_equal(found[1], [3, 4, *first[0], *second[0]])


def test_rows_without_codes_stay_as_they_are():
    inputs, x = vectors(Task.single(Input("array", (4,), numbers=2), Output("regression")))
    assert x is inputs


def test_dense_and_combined_embed_and_come_back_from_a_file(tmp_path):
    for family in (Dense(units=[4]), Combined(head=[4])):
        model = new_model(family, TASK, 1)
        assert sum(layer.__class__.__name__ == "Embedding" for layer in model._flatten_layers()) == 2
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))


def test_a_layer_that_would_take_codes_for_numbers_is_refused():
    wrong = Graph(layers={"hidden": {"layer": "Dense", "units": 3}})
    with pytest.raises(ConfigError, match="Dense would take codes of categories for numbers"):
        new_model(wrong, TASK, 1)
    right = Graph(layers={"facts": {"family": "dense"}, "hidden": {"layer": "Dense", "units": 3}})
    assert new_model(right, TASK, 1).output_shape == (None, 1)


def test_a_family_that_does_not_read_codes_is_refused():
    rows = Task.single(GIVEN, Output("binary", 1, ("no", "yes")))
    with pytest.raises(ConfigError, match="vae cannot read codes of categories: use dense, tabm, realmlp or combined"):
        new_model(Model.registry.get("vae")(name="vae"), rows, 1)
