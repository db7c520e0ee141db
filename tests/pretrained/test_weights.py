"""Files of weights: both of Keras' formats are read, and nothing of another network is used."""

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from dlpy.core.errors import DataError
from dlpy.pretrained.weights import assign, read_weights

pytestmark = pytest.mark.slow


def network(*, filters: int = 4, deeper: bool = False) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(filters, 3, name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.Sequential([keras.layers.Conv2D(5, 1), keras.layers.LayerNormalization()], name="stem")(x)
    x = keras.layers.Conv2D(6, 3, name="second")(x)
    return keras.Model(inputs, keras.layers.Conv2D(2, 1, name="third")(x) if deeper else x)


@pytest.fixture(params=["keras 3", "older"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[keras.Model, Path]:
    model = network()
    for number, variable in enumerate(model.weights):
        variable.assign(np.random.default_rng(number).normal(size=variable.shape))
    return model, save(model, tmp_path / "net", older=request.param == "older")


def save(model: keras.Model, path: Path, *, older: bool) -> Path:
    path = path.with_suffix(".h5" if older else ".weights.h5")
    if older:
        with h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(file, model)
    else:
        model.save_weights(path)
    return path


def test_weights_come_back_bit_for_bit(saved: tuple[keras.Model, Path]) -> None:
    model, path = saved
    fresh = network()
    assign(fresh.layers, read_weights(path), "x")
    for variable, wanted in zip(fresh.weights, model.weights, strict=True):
        np.testing.assert_array_equal(variable, wanted)


def test_a_network_that_is_less_deep_is_refused(saved: tuple[keras.Model, Path], tmp_path: Path) -> None:
    path = save(network(deeper=True), tmp_path / "deeper", older=saved[1].suffixes == [".h5"])
    with pytest.raises(DataError, match=r"another network: it has 14 arrays instead of 12") as caught:
        assign(network().layers, read_weights(path), "x")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 3


def test_the_layer_that_differs_is_named_and_nothing_is_changed(saved: tuple[keras.Model, Path]) -> None:
    other = network(filters=7)
    before = [np.array(variable) for variable in other.weights]
    with pytest.raises(DataError, match=r"layer first needs weights of shape \(3, 3, 3, 7\), it has \(3, 3, 3, 4\)"):
        assign(other.layers, read_weights(saved[1]), "x")
    for variable, wanted in zip(other.weights, before, strict=True):
        np.testing.assert_array_equal(variable, wanted)


def test_a_deeper_network_is_refused(saved: tuple[keras.Model, Path]) -> None:
    with pytest.raises(DataError, match=r"layer third needs weights of shape \(1, 1, 6, 2\), it has nothing"):
        assign(network(deeper=True).layers, read_weights(saved[1]), "x")


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    text, empty = tmp_path / "text.h5", tmp_path / "empty.h5"
    text.write_text("not an h5 file")
    with h5py.File(empty, "w") as file:
        file["numbers"] = np.ones(3)
    for path in (text, empty):
        with pytest.raises(DataError, match="damaged, or not an h5 file of Keras weights") as caught:
            read_weights(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="there is no file of weights"):
        read_weights(tmp_path / "nowhere.h5")


def test_a_truncated_file_is_refused(saved: tuple[keras.Model, Path]) -> None:
    path = saved[1]
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(DataError, match="damaged"):
        read_weights(path)


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.ones((3, 3, 3, 4), np.float32)
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("secret.h5", "layers")
    with pytest.raises(DataError, match="has neither 'layers'"):
        read_weights(tmp_path / "linked.h5")
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        (tmp_path / "raw").write_bytes(b"12345678")
        stored = [(str(tmp_path / "raw"), 0, 8)]
        file.create_dataset("layers/conv2d/vars/0", (2,), "f4", external=stored)
    with pytest.raises(DataError, match="is in another file"):
        read_weights(tmp_path / "outside.h5")


def test_a_layer_that_normalizes_computes_with_what_it_was_given(tmp_path: Path) -> None:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Normalization()(inputs))
    weights = {"layers/normalization/vars/0": np.array([3.0, 1.0], np.float32)}
    weights["layers/normalization/vars/1"] = np.array([4.0, 1.0], np.float32)
    weights["layers/normalization/vars/2"] = np.array(0)
    assign(model.layers, weights, "x")
    np.testing.assert_allclose(model(np.array([[5.0, 1.0]], np.float32)), [[1.0, 0.0]])
