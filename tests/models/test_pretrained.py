"""The pretrained family: a base with weights from elsewhere, and a head of its own."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import yaml

from dlpy.components.model import Model
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import load
from dlpy.pretrained import feature_cache
from dlpy.pretrained import features as base_features
from dlpy.pretrained.bases import Base
from dlpy.pretrained.features import BaseFeatures
from dlpy.pretrained.weights import read_weights as read_file
from dlpy.runs.checkpoints import read_weights
from dlpy.runs.directory import Run
from dlpy.runs.lookup import find_run
from dlpy.training.compile import compiled_model
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.train import train

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(3).integers(0, 256, (24, 32, 32, 3)).astype(np.uint8)
LABELS = np.arange(24) % 2
PICTURES[LABELS == 1, 8:24, 8:24] //= 4
TASK = Task.single(Input("array", (32, 32, 3)), Output("binary", 1, ("no", "yes")))


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a VGG16 with drawn weights."""
    keras.utils.set_random_seed(4)
    path = tmp_path_factory.mktemp("weights") / "vgg16.weights.h5"
    keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(path)
    return path


@pytest.fixture
def pictures(workplace: Path) -> Path:
    """The file of the pictures, relative to the test's folder, so that runs on it can be shared."""
    np.savez("pictures.npz", x=PICTURES, y=LABELS)
    return Path("pictures.npz")


def experiment(bench: Any, pictures: Path, model: dict, **training: object) -> Path:
    usual = {"epochs": 2, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.001}}
    if "phases" in training:
        del usual["epochs"]
    return bench.experiment(
        data={"name": "npz", "path": str(pictures), "validation": {"fraction": 0.25}},
        model={"name": "pretrained", "units": [4], **model},
        training={**usual, **training},
    )


def run_of(path: Path) -> Run:
    return train(*load(path), Options(Path("runs")), Reporter())


def test_features_are_what_the_base_gives_inside_a_frozen_model(vgg: Path, workplace: Path) -> None:
    family = Model.registry.get("pretrained").model_validate(
        {"name": "pretrained", "base": "vgg16", "weights": str(vgg), "units": []}
    )
    model = family.build(TASK)
    family.initialize(model)
    inside = keras.Model(model.inputs, model.get_layer("block5_pool").output)
    step = BaseFeatures(base=Base(network="vgg16", weights=str(vgg), preprocessing="auto"))
    rows = Rows.single(PICTURES[:5])
    features = step.apply(rows, step.fit(rows, TASK)).array
    assert features.shape == (5, 1, 1, 512)
    np.testing.assert_allclose(features, np.asarray(inside(PICTURES[:5].astype(np.float32))), atol=1e-5)
    assert np.ptp(features) > 0.01


def test_a_second_run_on_features_does_without_the_base_and_is_read_without_its_file(
    bench, pictures: Path, vgg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copy(vgg, "own.weights.h5"))
    path = experiment(bench, pictures, {"base": "vgg16", "weights": str(own), "train": "features"}, epochs=1)
    first = run_of(path)
    assert len(list(feature_cache.folder().glob("*.npy"))) == 2  # training and validation rows

    def not_again(*arguments: object) -> None:
        pytest.fail("the base was run again")

    with monkeypatch.context() as patch:
        patch.setattr(base_features, "_function", not_again)
        second = run_of(path)
    assert (second.path / "predictions.npz").read_bytes() == (first.path / "predictions.npz").read_bytes()

    own.unlink()
    shutil.rmtree(feature_cache.folder())
    status, output, _ = bench.run("evaluate", second.id, "--json")
    assert status == 0
    assert '"accuracy"' in output
    with np.load(second.predictions) as stored:
        index, wanted = stored["validation.index"], stored["validation.prediction"]
    whole: Any = keras.models.load_model(second.model)
    np.testing.assert_allclose(np.asarray(whole(PICTURES[index].astype(np.float32))), wanted, atol=1e-5)


def test_what_is_done_to_the_pictures_is_part_of_what_is_kept(pictures: Path, vgg: Path) -> None:
    rows, found = Rows.single(PICTURES[:2]), []
    for preprocessing in ("auto", "none", "auto"):
        step = BaseFeatures(base=Base(network="vgg16", weights=str(vgg), preprocessing=preprocessing))
        found.append(step.apply(rows, step.fit(rows, TASK)).array)
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0] - found[1]).max() > 0.01
    assert len(list(feature_cache.folder().glob("*.npy"))) == 2


def test_frozen_layers_stay_and_normalize_as_they_have_learnt_and_what_learns_is_told(bench, pictures: Path) -> None:
    file = bench.folder / "mobile.weights.h5"
    keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(file)
    model = {"base": "mobilenet", "weights": str(file), "pooling": "average"}
    status, output, _ = bench.run("train", experiment(bench, pictures, model, epochs=1))
    assert status == 0
    assert f"mobilenet, weights: {file}; preprocessing inside the model: auto" in output
    assert "4,105 of 3,232,969 weights learn" in output  # 1024 * 4 + 4 + 4 + 1
    trained, original = list(read_weights(find_run("latest"), "last").values()), read_file(file)
    base = trained[: len(original)]  # the moving averages of batch normalization are among them
    assert len(base) == 135
    flat = sorted(array.tobytes() for array in original.values())
    assert sorted(array.tobytes() for array in base) == flat


def test_fine_tuning_changes_the_last_block_alone(bench, pictures: Path, vgg: Path) -> None:
    phases = [{"freeze": "all", "epochs": 1}, {"unfreeze_from": "block5_conv1", "learning_rate": 1e-4, "epochs": 1}]
    run = run_of(experiment(bench, pictures, {"base": "vgg16", "weights": str(vgg)}, phases=phases))
    original, trained = list(read_file(vgg).items()), read_weights(run, "last")
    changed = [not np.array_equal(a, b) for a, (_, b) in zip(trained.values(), _in_order(original), strict=False)]
    assert changed == [False] * 20 + [True] * 6  # kernels and biases of ten and three convolutions
    model = compiled_model(load(run.config)[0], TASK, 0)
    assert [layer.name for layer in model.layers][:6] == [
        "input", "preprocessed", "block1_conv1", "block1_conv2", "block1_pool", "block2_conv1",
    ]  # fmt: skip


def _in_order(weights: list) -> list:
    """Return a file's arrays in the order of the network: conv2d, conv2d_1, ..., conv2d_12."""

    def place(item: tuple[str, np.ndarray]) -> tuple[int, int]:
        _, layer, _, number = item[0].split("/")
        return int(layer.removeprefix("conv2d").removeprefix("_") or 0), int(number)

    return sorted(weights, key=place)


def convnet_experiment(bench: Any, pictures: Path) -> Path:
    return bench.experiment(
        "source.yaml",
        data={"name": "npz", "path": str(pictures), "transforms": ["rescale"], "validation": {"fraction": 0.25}},
        model={"name": "convnet", "filters": [3, [4, 5]], "units": [6]},
        training={"epochs": 1},
    )


@pytest.mark.parametrize("train", ["features", "frozen"])
def test_the_base_of_a_run_serves_another_and_that_can_be_read_when_the_first_is_gone(
    bench, pictures: Path, train: str
) -> None:
    source = bench.trained(convnet_experiment(bench, pictures))
    given = list(read_weights(source).values())
    run = run_of(experiment(bench, pictures, {"weights": f"run:{source.id}", "train": train}))
    if train == "frozen":
        kept = list(read_weights(run, "last").values())[:6]
        assert all(np.array_equal(a, b) for a, b in zip(kept, given, strict=False))
        assert [array.shape for array in kept][::2] == [(3, 3, 3, 3), (3, 3, 3, 4), (3, 3, 4, 5)]
    written = yaml.safe_load(run.config.read_text())["model"]
    assert written["base"]["filters"] == [[3], [4, 5]]
    assert written["preprocessing"] == {"scale": 1 / 255, "offset": 0.0, "channels": 3}
    before = run.read("summary.json")["best"]["val_loss"]
    shutil.rmtree(source.path)
    shutil.rmtree(feature_cache.folder(), ignore_errors=True)
    assert bench.run("evaluate", run.id)[0] == 0
    after = run.read("evaluation.json")["validation"]["scores"]["loss"]
    assert after == pytest.approx(before, abs=1e-5)
    assert bench.run("predict", run.id, pictures)[0] == 0


def test_a_run_goes_on_with_the_base_that_it_began_with_or_not_at_all(bench, pictures: Path) -> None:
    source = bench.trained(convnet_experiment(bench, pictures))
    run = run_of(experiment(bench, pictures, {"weights": f"run:{source.name}", "train": "features"}, epochs=1))
    assert yaml.safe_load(run.config.read_text())["model"]["weights"] == f"run:{source.id}"
    assert list(run.read("run.json")["files"]) == ["model.weights"]
    other = Run(Path(shutil.copytree(source.path, f"{source.path}-2", symlinks=True)))  # now the name means this one
    assert other.name == source.name
    again = run_of(run.config)
    assert again.read("run.json")["files"] == run.read("run.json")["files"]
    run.update(status="interrupted")
    shutil.rmtree(source.checkpoints)
    shutil.copytree(other.checkpoints, source.checkpoints, symlinks=True)
    weights = source.checkpoints / "best" / "weights.npz"
    weights.write_bytes(weights.read_bytes() + b"x")
    status, _, err = bench.run("resume", run.id)
    assert (status, f"{weights} was changed or removed" in err) == (7, True), err


def test_phases_name_the_layers_of_a_run(bench, pictures: Path) -> None:
    source = bench.trained(convnet_experiment(bench, pictures))
    phases = [{"unfreeze_from": "conv2d_1", "epochs": 1}]
    run = run_of(experiment(bench, pictures, {"weights": f"run:{source.id}"}, phases=phases))
    given, kept = list(read_weights(source).values()), list(read_weights(run, "last").values())
    same = [np.array_equal(a, b) for a, b in zip(given[:6], kept[:6], strict=True)]
    assert same == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({}, "'base' must name a network"),
        ({"base": "vgg_16"}, "has no network 'vgg_16'. Did you mean 'vgg16'?"),
        ({"base": "vgg16", "weights": "run:x"}, "a run has its own base: remove 'base'"),
        ({"base": "vgg16", "weights": None, "train": "frozen"}, "with random ones use"),
        ({"base": "efficientnet_b0", "preprocessing": "none"}, "always contains its preprocessing"),
        ({"base": "vgg16", "train": "freatures"}, "Did you mean 'features'? Known: all, features, frozen."),
    ],
)
def test_options_that_make_no_sense_are_refused(bench, pictures: Path, model: dict, message: str) -> None:
    status, _, errors = bench.run("train", experiment(bench, pictures, model))
    assert status == 2
    assert message in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"transforms": ["rescale"]}, "remove 'rescale' or 'standardize', or set model.preprocessing: none"),
        (
            {"transforms": [{"name": "reshape", "shape": [16, 64, 3]}]},
            "vgg16 needs images of at least 32 x 32, not 16",
        ),
        ({"transforms": [{"name": "reshape", "shape": [32, 16, 6]}]}, "at least 32 x 32"),
        ({"transforms": [{"name": "reshape", "shape": [-1]}]}, "needs images (height, width, channels)"),
        (
            {"augmentation": {"flip": "horizontal"}},
            "features are computed once, but data.augmentation changes images",
        ),
    ],
)
def test_pictures_that_do_not_fit_are_refused_before_keras_is_asked(
    bench, pictures: Path, data: dict, message: str
) -> None:
    path = experiment(bench, pictures, {"base": "vgg16", "weights": "none.h5", "train": "features"})
    values = yaml.safe_load(path.read_text())
    values["data"] |= data
    status, _, errors = bench.run("train", bench.write(yaml.safe_dump(values)))
    assert status == 2
    assert message in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize("train", ["features", "frozen"])
def test_weights_of_another_network_end_with_one_line_and_leave_no_run(
    bench, pictures: Path, train: str, vgg: Path
) -> None:
    (Path("text.h5")).write_text("no weights")
    for base, weights, message in (
        ("vgg19", str(vgg), "another network: layer block3_conv4 needs weights of shape (3, 3, 256, 256)"),
        ("vgg16", "text.h5", "damaged, or not an h5 file"),
        ("vgg16", "nowhere.h5", "there is no file of weights nowhere.h5"),
    ):
        status, _, errors = bench.run(
            "train", experiment(bench, pictures, {"base": base, "weights": weights, "train": train})
        )
        assert status == 3
        assert message in errors
        assert not list(Path("runs").glob("*/run.json"))
        assert len(errors.strip().splitlines()) == 1


def test_without_network_imagenet_weights_are_asked_for_in_one_line(bench, pictures: Path) -> None:
    status, _, errors = bench.run("train", experiment(bench, pictures, {"base": "vgg16"}))
    assert status == 3
    for part in ("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5", "DLPY_OFFLINE", "model.weights"):
        assert part in errors
    assert "stand_in" not in errors


def test_a_base_that_begins_at_random_learns_as_a_whole(bench, pictures: Path) -> None:
    base = {"name": "convnet", "filters": [4, 4]}
    run = run_of(experiment(bench, pictures, {"base": base, "weights": None, "train": "all"}, epochs=12))
    history = np.genfromtxt(run.metrics, delimiter=",", names=True)
    assert history["loss"][-1] < history["loss"][0] / 2
