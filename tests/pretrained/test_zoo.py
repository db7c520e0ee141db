"""The table of networks agrees with the Keras that is installed."""

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

from dlpy.pretrained.preprocessing import prepared
from dlpy.pretrained.zoo import NETWORKS, imagenet_file, unknown_network
from dlpy.pretrained.zoo_checksums import WITH_CLASSIFIER, WITHOUT_CLASSIFIER

pytestmark = pytest.mark.slow

FILES = ["vgg16", "resnet50_v2", "mobilenet", "mobilenet_v2", "mobilenet_v3_small", "convnext_tiny", "efficientnet_b0"]
CASES = [("vgg16", 4e-5), ("resnet50", 4e-5), ("mobilenet_v2", 1e-6), ("densenet121", 1e-5), ("convnext_tiny", 0.0)]


def test_every_network_of_keras_is_in_the_table_and_no_other() -> None:
    known = {name for name, item in vars(keras.applications).items() if inspect.isfunction(item)}
    assert {network.constructor for network in NETWORKS.values()} == known
    assert len(known) == 40


@pytest.mark.parametrize("classifier", [True, False])
@pytest.mark.parametrize("name", FILES)
def test_files_and_checksums_are_those_that_keras_asks_for(
    name: str, classifier: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def get_file(fname: str, origin: str, *, cache_subdir: str, file_hash: str | None = None) -> None:
        asked.update(name=fname, url=origin, folder=cache_subdir, checksum=file_hash)
        raise InterruptedError

    monkeypatch.setattr(file_utils, "get_file", get_file)
    with pytest.raises(InterruptedError), keras.StatelessScope():  # no weight is drawn
        getattr(keras.applications, NETWORKS[name].constructor)(include_top=classifier, weights="imagenet")
    file = imagenet_file(name, "weights", classifier=classifier)
    assert asked == {
        "name": file.keras_name or file.name, "url": file.url, "folder": file.keras_folder, "checksum": file.sha256,
    }  # fmt: skip


def test_every_checksum_is_one_that_keras_knows() -> None:
    folder = Path(str(inspect.getfile(keras.src.applications))).parent
    known = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for table in (WITH_CLASSIFIER, WITHOUT_CLASSIFIER):
        assert NETWORKS.keys() - table.keys() == {"mobilenet", "mobilenet_v2"}
        assert len(set(table.values())) == 38
        for checksum in table.values():
            assert f'"{checksum}"' in known
    assert not set(WITH_CLASSIFIER.values()) & set(WITHOUT_CLASSIFIER.values())


@pytest.mark.parametrize(
    ("name", "meant"), [("VGG16", "vgg16"), ("EfficientNetV2B0", "efficientnet_v2_b0"), ("resnet51", "resnet50")]
)
def test_a_wrong_name_is_answered_with_the_closest(name: str, meant: str) -> None:
    assert unknown_network(name).startswith(f"keras.applications has no network '{name}'. Did you mean '{meant}'?")


@pytest.mark.parametrize(("name", "tolerance"), CASES)
def test_pictures_are_prepared_as_keras_prepares_them(name: str, tolerance: float) -> None:
    network = NETWORKS[name]
    inputs = keras.Input((5, 4, 3))
    model = keras.Model(inputs, prepared(inputs, network.range))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3)).astype(np.float32)
    module = inspect.getmodule(getattr(keras.applications, network.constructor))
    wanted = module.preprocess_input(pictures.copy())  # type: ignore
    np.testing.assert_allclose(np.asarray(model(pictures)), np.asarray(wanted), atol=tolerance)


def test_a_grey_picture_is_repeated_for_a_base_in_colour() -> None:
    inputs = keras.Input((5, 4, 1))
    model = keras.Model(inputs, prepared(inputs, "inside"))
    picture = np.arange(20, dtype=np.float32).reshape(1, 5, 4, 1)
    np.testing.assert_array_equal(np.asarray(model(picture)), np.repeat(picture, 3, axis=-1))
