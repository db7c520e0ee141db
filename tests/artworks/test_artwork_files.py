import json

import pytest
import yaml

from dlpy.artworks.kinds import load_any
from dlpy.core.errors import ConfigError

DREAM = "kind: dream\nnetwork: vgg16\nweights: none\nfallback: stand_in\n"
STYLE = "kind: style\nnetwork: vgg16\nweights: none\nfallback: stand_in\n"


def refused(bench, text: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_any(bench.write(text), list(overrides))
    return str(error.value).splitlines()


def test_all_mistakes_come_at_once_with_their_lines(bench) -> None:
    text = "kind: dream\nnetwork: vg16\nheight: -5\noctave: 3\nlayers: {}\nmax_loss: 0\nstep_size: .nan\n"
    lines = refused(bench, text)
    assert [line.split(": ")[0].rpartition(":")[2] for line in lines] == ["2", "3", "4", "5", "6", "7"]
    assert "no network 'vg16'. Did you mean 'vgg16'?" in lines[0]
    assert "must be greater than 0, got -5" in lines[1]
    assert "octave: unknown option. Did you mean 'octaves'?" in lines[2]
    assert lines[3].endswith("layers: must not be empty.")
    assert "must be greater than 0, got 0" in lines[4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: deam\n", "1: kind: there is no kind 'deam'. Did you mean 'dream'? Known: dream, style."),
        ("kind: null\n", "1: kind: there is no kind 'None'. Known: dream, style."),
        (DREAM.replace("fallback: stand_in", ""), "path: required: give the path of the image, or set fallback"),
        (DREAM.replace("weights: none", "weights: imagnet"), "3: weights: 'imagnet' is not an h5 file. Did you mean"),
        (DREAM.replace("weights: none", "weights: run:x"), "2: network: a run brings its own network"),
        (DREAM.replace("network: vgg16", ""), "network: required. Known: convnext_base"),
        (DREAM.replace("vgg16", "xception"), "layers: required for xception: such as"),
        (
            DREAM + "height: 60\n",
            "5: height: the smallest octave has only 30 x 30 pixels: vgg16 needs at least 32 x 32",
        ),
        (DREAM + "octave_scale: 1\n", "5: octave_scale: must be greater than 1, got 1."),
        (STYLE + "height: 30\n", "5: height: 30 x 30 pixels are too few: vgg16 needs at least 32 x 32."),
        (STYLE + "learning_rate: 2\n", "5: learning_rate: lbfgs finds its own step size"),
        (STYLE + "optimizer: sgd\n", "5: optimizer: 'sgd' is not a valid value."),
        (STYLE.replace("vgg16", "resnet50"), "style_layers: required for resnet50"),
    ],
)
def test_nonsense_is_refused_when_the_file_is_checked(bench, text: str, message: str) -> None:
    assert any(message in line for line in refused(bench, text))


def test_overrides_and_extends_work_as_in_other_files(bench) -> None:
    bench.write(DREAM + "layers: {block1_conv1: 1.0}\n", "base.yaml")
    artwork, _ = load_any(bench.write("extends: base.yaml\nsteps: 3\n"), ["octaves=2", "layers.block1_conv1=2"])
    assert (artwork.kind, artwork.model_dump()["steps"], artwork.model_dump()["octaves"]) == ("dream", 3, 2)
    assert artwork.layer_weights() == {("layers", "block1_conv1"): 2.0}
    assert refused(bench, DREAM, "stepz=3")[0].startswith("stepz=3: unknown option. Did you mean 'steps'?")


def test_the_books_layers_are_filled_in(bench) -> None:
    style, _ = load_any(bench.write(STYLE))
    given = yaml.safe_load(style.resolved().to_yaml())
    assert given["content_layers"] == {"block5_conv2": 0.025}
    assert given["style_layers"] == {f"block{number}_conv1": 0.2 for number in (1, 2, 3, 4, 5)}
    assert (given["total_variation"], given["total_variation_power"], given["height"]) == (1e-4, 1.25, 400)
    dream, _ = load_any(bench.write("kind: dream\nnetwork: inception_v3\nfallback: stand_in\n"))
    assert yaml.safe_load(dream.resolved().to_yaml())["layers"] == {
        "mixed2": 0.2,
        "mixed3": 3,
        "mixed4": 2,
        "mixed5": 1.5,
    }


def test_files_beside_the_experiment_are_found(bench) -> None:
    (bench.folder / "deep").mkdir()
    for name in ("w.h5", "a.png"):
        (bench.folder / "deep" / name).write_bytes(b"")
    text = "kind: dream\nnetwork: vgg16\nweights: w.h5\npath: a.png\n"
    artwork, _ = load_any(bench.write(text, "deep/x.yaml"))
    assert artwork.weights == str(bench.folder / "deep" / "w.h5")
    assert artwork.paths() == {"picture": str(bench.folder / "deep" / "a.png")}


@pytest.mark.parametrize("command", [["kfold"], ["show", "data"]])
def test_commands_on_rows_say_that_there_are_none(bench, command: list[str]) -> None:
    status, _, err = bench.run(*command, bench.write(DREAM))
    assert status == 2
    assert "experiment.yaml:1: kind: this command needs an experiment that trains a model" in err


def test_show_and_check_take_such_files(bench) -> None:
    file = bench.write(DREAM)
    assert yaml.safe_load(bench.run("show", file)[1])["octaves"] == 3
    status, out, _ = bench.run("check", file, "--data", "height=64", "octaves=1")
    assert (status, out) == (0, f"{file}: ok\n  picture: a generated image (64 x 85)\n")


def test_the_schema_has_every_kind(bench) -> None:
    schema = json.loads(bench.run("schema")[1])
    assert schema["properties"]["kind"]["enum"] == ["dream", "style"]
    assert "octaves" in schema["$defs"]["Dream"]["properties"]
    assert schema["$defs"]["Style"]["properties"]["start"]["description"].startswith("Initial image: the content")
