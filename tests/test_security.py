"""What a stranger's experiment file, run directory or data folder cannot do."""

from pathlib import Path

import pytest

PLUGIN = """\
from pathlib import Path
from typing import Literal

from dlpy.components import Model

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
    assert "refused.py is refused: --no-plugins lets no experiment file or run bring code." in told
    assert not Path("ran").exists()
    assert not list(Path("runs").glob("2*"))


def test_no_plugins_refuses_a_run_in_every_command_that_reads_it(bench, plugged: Path) -> None:
    assert bench.run("train", plugged)[0] == 0
    Path("ran").unlink()
    Path("new.csv").write_text("a\n1\n")
    commands = (["evaluate"], ["predict", "new.csv"], ["explain"], ["resume"])
    for command, *rest in commands:
        status, _, err = bench.run("--no-plugins", command, "latest", *rest)
        assert (command, status) == (command, 2), err
        assert "refused.py is refused: --no-plugins" in err
        assert not Path("ran").exists()


def test_the_environment_refuses_plugins_too(bench, plugged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLPY_NO_PLUGINS", "1")
    assert bench.run("check", plugged)[0] == 2
    assert bench.run("show", "models", "--plugin", "refused.py")[0] == 2
    assert not Path("ran").exists()
