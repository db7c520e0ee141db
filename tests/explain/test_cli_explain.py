import json
from pathlib import Path

import numpy as np
import pytest
from corners import CORNERS, DATA, TRAINING, subject
from PIL import Image

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.explain.heat_maps import heat_map
from dlpy.explain.images import ImageExplanation, Request
from dlpy.explain.inputs import of_run
from dlpy.explain.watcher import Watcher
from dlpy.runs.directory import Run
from dlpy.training.evaluate import restore

pytestmark = pytest.mark.slow


def test_a_run_is_looked_into(bench, corner_run: Path) -> None:
    pictures = [f"{corner}.png" for corner in CORNERS]
    status, out, err = bench.run("explain", "latest", *pictures, "--filters", 3)
    assert (status, err) == (0, "")
    folder = corner_run / "explain"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png")) == [
        "filters/conv2d.png",
        "filters/conv2d_1.png",
        *(f"{corner}/{name}.png" for corner in CORNERS for name in [
            "activations/01-conv2d", "activations/02-activation", "activations/03-max_pooling2d",
            "activations/04-conv2d_1", "activations/05-activation_1",
            f"heatmap-{corner}", f"overlay-{corner}",
        ]),
    ]  # fmt: skip
    shown = [line.split() for line in out.splitlines()]
    assert ["northwest.png"] in shown
    assert len([words for words in shown if words[:1] == ["activation"]]) == 2
    for line in out.splitlines():
        assert not line.endswith(".png") or Path(line).is_file()


def test_the_heat_map_peaks_at_the_square_that_decides(bench, corner_run: Path) -> None:
    trained = of_run(Run(corner_run))
    layer = trained.network.last_feature_maps()
    for number, (corner, (rows, columns)) in enumerate(CORNERS.items()):
        picture = trained.read(Path(f"{corner}.png"))
        heat = heat_map(trained.network, layer, picture, number)
        assert heat.shape == (8, 8)
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        assert rows.start <= 2 * row + 1 <= rows.stop
        assert columns.start <= 2 * column + 1 <= columns.stop
        status, out, _ = bench.run("explain", corner_run, f"{corner}.png", "--only", "heatmap", "--json")
        (found,) = json.loads(out)["pictures"]
        assert (status, found["classes"][0]["class"]) == (0, corner)
        assert Image.open(found["heatmaps"][0]["files"][1]).size == (16, 16)


def test_answers_are_those_of_predict(bench, corner_run: Path) -> None:
    _, out, _ = bench.run("explain", corner_run, "northwest.png", "--only", "activations", "--json")
    trained = restore(Run(corner_run))
    rows = trained.pipeline.apply(Rows.single(np.asarray(Image.open("northwest.png"))[None]))
    expected = trained.engine.predict(rows, 1)[0]
    found = {line["class"]: line["probability"] for line in json.loads(out)["pictures"][0]["classes"]}
    assert [found[corner] for corner in CORNERS] == pytest.approx(expected.tolist(), rel=1e-5)


def test_pictures_of_stand_in_runs_are_marked(bench) -> None:
    experiment = bench.experiment(data=DATA, model={"name": "convnet", "filters": [2], "units": []}, training=TRAINING)
    assert bench.run("train", experiment, "--smoke")[0] == 0
    Image.new("RGB", (30, 20)).save("one.png")
    status, out, _ = bench.run("explain", "latest", "one.png", "--only", "heatmap", "--output", "there", "--json")
    assert status == 0
    _, overlay = json.loads(out)["pictures"][0]["heatmaps"][0]["files"]
    width, height = Image.open(overlay).size
    assert (width >= 400, height > 40) == (True, True)


MISTAKES = {
    "a layer that is not there": (["northwest.png", "--layer", "conv2d_9"], 2, "--layer conv2d_9: there is no such layer. Did you mean 'conv2d_1'?"),
    "a class that is not there": (["northwest.png", "--class", "southest"], 2, "--class southest: there is no such class. Did you mean 'southeast'?"),
    "a part that is not there": (["northwest.png", "--only", "heatmaps"], 2, "--only heatmaps: there is no such part. Did you mean 'heatmap'?"),
    "no picture": ([], 2, "give at least one image; only `--only filters` works without."),
    "a picture that is none": (["experiment.yaml"], 3, "experiment.yaml is not a JPEG, PNG, GIF, BMP or WebP image."),
    "a size for a run": (["northwest.png", "--size", "64"], 2, "--size needs --weights: a run's network keeps"),
}  # fmt: skip


def test_mistakes_are_told_in_one_line(bench, corner_run: Path) -> None:
    for arguments, expected, text in MISTAKES.values():
        status, out, err = bench.run("explain", corner_run, *arguments)
        assert (status, out, err.count("\n")) == (expected, "", 1)
        assert text in err
    assert not (corner_run / "explain").exists()


def test_a_run_without_convolutions_is_refused(bench) -> None:
    data = {"name": "corners", "transforms": [{"name": "reshape", "shape": [-1]}, "rescale"]}
    bench.trained(bench.experiment(data=data))
    Image.new("L", (16, 16)).save("one.png")
    status, _, err = bench.run("explain", "latest", "one.png")
    assert status == 2
    assert "has no 2D convolutions to explain: its model is dense." in err
    bench.trained()  # blobs: rows of four numbers
    status, _, err = bench.run("explain", "latest", "one.png")
    assert (status, err.count("\n")) == (2, 1)
    assert "one.png: the run takes a table or several inputs, and no file is read" in err


def test_a_network_of_numbers_is_explained_by_what_raises_the_number(bench) -> None:
    import keras
    from keras import layers

    model = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(1)
    ])  # fmt: skip
    Image.new("RGB", (20, 30), "orange").save("orange.png")
    explanation = ImageExplanation(subject(model, classes=()), Request(("heatmap",)), Path("there"), Watcher())
    (found,) = explanation.run([Path("orange.png")])["pictures"]
    assert found["prediction"] == pytest.approx(model(subject(model).read(Path("orange.png")))[0].numpy().tolist())
    assert Image.open("there/orange/overlay-prediction.png").size == (20, 30)
    with pytest.raises(ConfigError, match="--class x: toy has no classes"):
        ImageExplanation(subject(model, classes=()), Request(wanted_class="x"), Path("there"), Watcher()).run(
            [Path("orange.png")]
        )


def test_a_head_on_features_of_a_base_is_looked_through_to_the_picture(bench, corner_run: Path) -> None:
    model = {"name": "pretrained", "weights": f"run:{corner_run.name}", "train": "features", "units": []}
    experiment = bench.experiment(data=DATA, model=model | {"preprocessing": "none"}, training=TRAINING)
    status, _, err = bench.run("train", experiment)
    assert (status, err) == (0, "")
    _, out, _ = bench.run("explain", "latest", "southeast.png", "--only", "activations,heatmap", "--json")
    (found,) = json.loads(out)["pictures"]
    assert found["classes"][0]["class"] == "southeast"
    assert found["activations"][0]["layer"] == "conv2d"
    assert found["activations"][0]["shape"] == [16, 16, 4]
