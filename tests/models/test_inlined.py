"""Networks that Keras can load without dlpy."""

import keras
import numpy as np
import pytest

from dlpy.models._inlined import inlined
from dlpy.models._series_ends import series_end_class
from dlpy.models._start import added_start, begin_at

pytestmark = pytest.mark.slow


def same_after_loading(model, x, path):
    plain = inlined(model)
    assert {type(layer).__module__.split(".")[0] for layer in plain.layers} == {"keras"}
    plain.save(path)
    found = keras.models.load_model(path)(x)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(model(x)))


def test_numbers_that_quantiles_begin_at_stay(tmp_path):
    given = keras.Input((2,))
    model = keras.Model(given, added_start(2)(given))
    begin_at(model, [0.1, -3.0])
    x = np.array([[1, 2]], np.float32)
    np.testing.assert_array_equal(np.asarray(model(x)), np.float32([[1.1, -1.0]]))
    same_after_loading(model, x, tmp_path / "model.keras")


@pytest.mark.parametrize("masks", [True, False])
def test_steps_after_the_end_of_a_series_do_not_count(tmp_path, masks):
    given = keras.Input((3, 1))
    steps = series_end_class()(masks)(given)
    model = keras.Model(given, keras.layers.GRU(4)(steps))
    x = np.array([[[1], [2], [np.nan]]], np.float32)
    assert np.isfinite(np.asarray(model(x))).all()
    same_after_loading(model, x, tmp_path / "model.keras")
