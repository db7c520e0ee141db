"""What a stranger's experiment file, run directory or data folder cannot do."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PLUGIN = """\
from pathlib import Path
from typing import Literal

from dlpy.components.model import Model

Path("ran").write_text("by the plug-in")


class Refused(Model):
    name: Literal["refused"] = "refused"

    def build(self, task):
        import keras

        inputs = keras.Input(task.input.shape)
        return keras.Model(inputs, keras.layers.Dense(task.output.units, activation="softmax")(inputs))
"""


@pytest.fixture
def plugged(bench) -> Path:
    """An experiment whose model is a plug-in's."""
    Path("refused.py").write_text(PLUGIN)
    return bench.experiment(plugins=["refused.py"], model="refused", training={"epochs": 1})


@pytest.mark.parametrize("command", ["check", "train", "kfold"])
def test_no_plugins_refuses_an_experiment_before_its_code_is_run(bench, plugged: Path, command: str) -> None:
    status, out, err = bench.run("--no-plugins", command, plugged)
    told = out + err
    assert status == 2
    assert told.count("\n") == 1
    assert "experiment.yaml:" in told
    assert "refused.py was not loaded: --no-plugins forbids plug-in code." in told
    assert not Path("ran").exists()
    assert not list(Path("runs").glob("2*"))


def test_no_plugins_refuses_a_run_in_every_command_that_reads_it(bench, plugged: Path) -> None:
    assert bench.run("train", plugged)[0] == 0
    Path("ran").unlink()
    Path("new.csv").write_text("a\n1\n")
    (record,) = Path("runs").glob("*/run.json")
    record.write_text(record.read_text().replace('"completed"', '"interrupted"'))
    commands = (["evaluate"], ["predict", "new.csv"], ["explain"], ["resume"])
    for command, *rest in commands:
        status, _, err = bench.run("--no-plugins", command, "latest", *rest)
        assert (command, status) == (command, 2), err
        assert "refused.py was not loaded: --no-plugins" in err
        assert not Path("ran").exists()


def test_the_environment_refuses_plugins_too(bench, plugged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLPY_NO_PLUGINS", "1")
    assert bench.run("check", plugged)[0] == 2
    assert bench.run("show", "models", "--plugin", "refused.py")[0] == 2
    assert not Path("ran").exists()


TABLE = "[bold]a[/bold],$b$,$\\frac{c$,[/],kind\n" + "".join(
    f"{number % 3},{number % 7},{number % 5},{'$x$' if number % 2 else '[b]'},{('[red]x[/red]', '$y^2$', '$nonsense{')[number % 3]}\n"
    for number in range(90)
)


def test_names_are_text_and_never_markup(bench) -> None:
    Path("table.csv").write_text(TABLE)
    data = {"name": "csv", "path": "table.csv", "target": "kind", "validation": 0.3, "test": 0.2}
    path = bench.experiment("[red]n $x$.yaml", data=data, training={"epochs": 1})
    for command in (["check", path, "--data"], ["train", path], ["evaluate", "latest", "--split", "test"]):
        status, out, err = bench.run(*command)
        assert (status, err) == (0, ""), command
        assert "\x1b[31m" not in out
    (run,) = Path("runs").glob("2*")
    assert run.name.endswith("-red-n-x")
    assert bench.run("runs")[0] == 0
    assert bench.run("predict", "latest", "table.csv", "--output", "out.csv")[0] == 0
    assert "probability_[red]x[/red]" in Path("out.csv").read_text()
    assert bench.run("plot", "latest")[0] == 0  # "$\\frac{c$" is no mathematics that matplotlib could draw
    assert len(list((run / "plots").glob("*.png"))) > 3


@pytest.mark.parametrize(
    "reference", ["../outside", "..", "", ".", "/etc", "~", "latest/..", "a" * 300, "a\0b", "-rf", "$(id)"]
)
def test_what_is_no_run_is_told_in_one_line(bench, reference: str) -> None:
    Path("outside").mkdir()
    status, _, err = bench.run("evaluate", "--", reference)
    assert status == 7
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "-a", "a\n", "x" * 65, "a\\0"])
def test_the_name_of_an_experiment_is_a_plain_word(bench, name: str) -> None:
    text = f"name: {json.dumps(name)}\ndata: {{name: blobs}}\nmodel: dense\n"
    status, out, _ = bench.run("check", bench.write(text))
    assert status == 2
    assert "experiment.yaml:1: name: " in out


def test_a_file_name_that_is_no_word_still_makes_a_run_in_its_folder(bench) -> None:
    Path("deep").mkdir()
    assert bench.run("train", bench.experiment("deep/..yaml", training={"epochs": 1}), "--runs", "kept")[0] == 0
    assert [path.parent.name for path in Path().rglob("run.json")] == [path.name for path in Path("kept").glob("2*")]
