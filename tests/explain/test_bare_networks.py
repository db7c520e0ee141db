"""Networks of keras.applications without a run: their weights come from the one place that all weights come from."""

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
from PIL import Image

from dlpy.explain.bare_network import CLASSES, of_network
from dlpy.pretrained.zoo import imagenet_file

pytestmark = pytest.mark.slow

PICTURE = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def mobilenet() -> keras.Model:
    keras.utils.set_random_seed(5)
    return keras.applications.MobileNet(weights=None)


@pytest.fixture
def in_data_folder(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the weights of a model where its ImageNet weights are looked for, as keras.applications has them."""
    monkeypatch.setenv("DLPY_DATA", str(workplace))

    def put(name: str, model: keras.Model) -> None:
        with h5py.File(workplace / imagenet_file(name, "", classifier=True).name, "w") as file:
            save_weights_to_hdf5_group(file, model)

    return put


def test_a_bare_network_is_looked_into(bench) -> None:
    Image.new("RGB", (50, 40), "orange").save("orange.jpg")
    network = ["mobilenet", "orange.jpg", "--weights", "none", "--size", 32]
    arguments = [*network, "--filters", 2, "--class", "7", "--json"]
    status, out, err = bench.run("explain", *arguments, "--layer", "conv1_relu")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert [line["shape"] for line in found["pictures"][0]["activations"]] == [[16, 16, 32]]
    assert [line["layer"] for line in found["filters"]] == ["conv1_relu"]
    assert Path("explain/mobilenet/orange/heatmap-7-conv1_relu.png").is_file()
    assert Image.open("explain/mobilenet/orange/overlay-7-conv1_relu.png").size == (50, 40)


def test_a_bare_network_that_cannot_be_had_is_told_in_one_line(bench) -> None:
    bench.write("no weights", "weights.h5")
    for arguments, expected, text in [
        (["vgg61", "--weights", "none"], 2, "keras.applications has no network 'vgg61'. Did you mean 'vgg19'?"),
        (["MobileNetV2", "--weights", "none"], 2, "no network 'MobileNetV2'. Did you mean 'mobilenet_v2'?"),
        (["vgg16"], 7, "(For a network of keras.applications, add --weights.)"),
        (["mobilenet_v2", "--weights", "weights.h5"], 3, "weights.h5 is damaged, or not an h5 file of Keras weights"),
        (["mobilenet_v2", "--weights", "nowhere.h5"], 3, "there is no file of weights nowhere.h5"),
        (["mobilenet_v2", "--weights", "imagenet"], 3, "_1.0_224.h5 is not on this machine, and DLPY_OFFLINE forbids"),
        (
            ["inception_v3", "--weights", "none", "--size", "40"],
            2,
            "inception_v3 needs images of at least 75 x 75, not 40 x 40",
        ),
    ]:
        status, _, err = bench.run("explain", *arguments, "--only", "filters")
        assert (status, err.count("\n")) == (expected, 1), err
        assert text in err


def test_a_bare_network_without_a_classifier_has_no_heat_map(bench) -> None:
    keras.applications.MobileNet(weights=None, include_top=False).save_weights("base.weights.h5")
    Image.new("RGB", (50, 40), "orange").save("orange.jpg")
    arguments = ["mobilenet", "orange.jpg", "--weights", "base.weights.h5", "--size", 64, "--layer", "conv1_relu"]
    status, out, err = bench.run("explain", *arguments, "--filters", 2)
    assert (status, err) == (0, "")
    assert out.startswith("mobilenet has no classes (weights without the classifier), so there is no heat map.\n")
    assert "32 x 32 x 32" in out
    assert bench.run("explain", *arguments, "--only", "heatmap")[0] == 2


def test_imagenet_weights_are_taken_from_the_data_folder_with_the_names_of_the_classes(
    bench, mobilenet: keras.Model, in_data_folder: Any
) -> None:
    in_data_folder("mobilenet", mobilenet)
    Path(CLASSES.name).write_text(json.dumps({str(i): [f"n{i}", f"kind {i}"] for i in range(1000)}))
    Image.fromarray(PICTURE[0]).save("noise.png")
    status, out, err = bench.run(
        "explain", "mobilenet", "noise.png", "--weights", "imagenet", "--only", "heatmap", "--json"
    )
    assert (status, err) == (0, "")
    answers = np.asarray(mobilenet(PICTURE / np.float32(127.5) - 1))[0]
    best = json.loads(out)["pictures"][0]["classes"][0]
    assert best["class"] == f"kind {answers.argmax()}"
    assert best["probability"] == pytest.approx(answers.max(), rel=1e-4)


@pytest.mark.parametrize("top", [True, False])
def test_a_file_brings_its_classifier_with_it(workplace: Path, mobilenet: keras.Model, top: bool) -> None:
    whole = mobilenet if top else keras.Model(mobilenet.input, mobilenet.get_layer("conv_pw_13_relu").output)
    whole.save_weights("own.weights.h5")
    subject = of_network("mobilenet", "own.weights.h5", None)
    network = keras.Model(subject.network.input, subject.network.output)
    wanted = whole(PICTURE / np.float32(127.5) - 1)
    np.testing.assert_allclose(network(subject.prepare(PICTURE)), wanted, rtol=1e-4, atol=1e-6)
    assert len(subject.classes) == (1000 if top else 0)


def test_a_file_of_another_network_ends_with_one_line(bench, mobilenet: keras.Model) -> None:
    mobilenet.save_weights("own.weights.h5")
    status, _, err = bench.run("explain", "mobilenet_v2", "--weights", "own.weights.h5", "--only", "filters")
    assert (status, err.count("\n")) == (3, 1)
    assert "--weights own.weights.h5 is of another network: layer " in err


def test_the_only_size_of_a_classifier_is_told_before_weights_are_looked_for(bench) -> None:
    status, _, err = bench.run("explain", "mobilenet", "--weights", "imagenet", "--size", 64, "--only", "filters")
    assert (status, err.count("\n")) == (2, 1)
    assert "--size 64: mobilenet with its classifier takes 224 x 224 pixels." in err


def test_efficientnet_normalizes_as_its_imagenet_weights_were_trained(in_data_folder: Any) -> None:
    drawn = keras.applications.EfficientNetB0(weights=None)
    normalization = next(layer for layer in drawn.layers if isinstance(layer, keras.layers.Normalization))
    normalization.adapt_mean.assign([0.485, 0.456, 0.406])
    normalization.adapt_variance.assign([0.229, 0.224, 0.225])
    in_data_folder("efficientnet_b0", drawn)
    subject = of_network("efficientnet_b0", "imagenet", None)
    layer = subject.network.layers["normalization"]
    found = keras.Model(subject.network.input, layer.output)(subject.prepare(PICTURE))
    wanted = (PICTURE / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]  # deviations, not their roots
    np.testing.assert_allclose(found, wanted, atol=1e-4)
