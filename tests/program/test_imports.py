"""Commands that train nothing stay light: what they import is checked in a fresh interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.commands import interpreted, started
from tests.machine import seconds

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))
HEAVY = ("tensorflow", "keras", "matplotlib", "tensorboard", "PIL", "optuna")
CODE = """
import json, sys
from dlpy.cli.main import main
found = []
for command in json.loads(sys.argv[1]):
    status = main(command)
    found.append([status, [name for name in sys.argv[2:] if name in sys.modules]])
print()
print(json.dumps(found))
"""
SEVEN_MISTAKES = """seed: x
data: {name: csv, path: table.csv, targte: MEDV, test: -3}
model: {name: dens, units: [0]}
training: {optimizer: rmsprob, epochs: none, batchsize: 16}
"""
LIGHT: dict[tuple[object, ...], int] = {  # with the status that they end with
    ("--help",): 0,
    ("--version",): 0,
    ("train", "--help"): 0,
    ("explain", "--help"): 0,
    ("check", *CONFIGS): 0,
    ("show",): 0,
    ("show", "models", "dense"): 0,
    ("show", CONFIGS[0]): 0,
    ("show", "data", "own.yaml"): 0,
    ("runs",): 0,
    ("runs", "--verify"): 0,
    ("watch",): 0,
    ("track", "latest", "--to", "wandb", "--uri", "x"): 2,
    ("schema",): 0,
    ("new", "mnist"): 0,
    ("new", "table.csv"): 0,
    ("train", "small.yaml", "training.epohcs=3"): 2,
    ("train", "no rows.yaml"): 3,
    ("check", "graph.yaml"): 0,
    ("check", "wrong graph.yaml"): 2,
    ("check", "ranges.yaml"): 0,
    ("train", "ranges.yaml"): 2,
    ("evaluate", "latest"): 7,
    ("compare", "latest", "latest"): 7,
}


def imported(commands: Iterable[tuple[object, ...]], packages: Iterable[str] = HEAVY) -> list[object]:
    """Run command lines in a new interpreter; return their status and which packages it has imported by then."""
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    given = json.dumps([[str(argument) for argument in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", CODE, given, *packages],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=seconds(120), check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def test_commands_that_train_nothing_and_mistakes_import_nothing_heavy(bench) -> None:
    bench.write("a,b\n" + "1,2\n3,4\n" * 20, "table.csv")
    bench.write("data: {name: csv, path: table.csv, target: b}\nmodel: dense\n", "own.yaml")
    bench.write("data: {name: npz, path: rows.npz}\nmodel: dense\n", "no rows.yaml")
    bench.experiment("small.yaml")
    bench.experiment(
        "ranges.yaml",
        data="mnist",
        model={"name": "dense", "dropout": {"search": [0.0, 0.5]}},
        search={"sampler": "tpe"},
    )
    layers = {"a": {"layer": "Dense", "units": 3}, "b": {"family": "dense"}, "c": {"layer": "Add", "of": ["a", "b"]}}
    bench.experiment("graph.yaml", data={"name": "boston_housing"}, model={"name": "graph", "layers": layers})
    layers = layers | {"b": {"layer": "LSTM", "units": 3}}
    bench.experiment("wrong graph.yaml", data={"name": "boston_housing"}, model={"name": "graph", "layers": layers})
    found = dict(zip(LIGHT, imported(LIGHT), strict=True))
    assert found == {command: [status, []] for command, status in LIGHT.items()}


def test_a_check_imports_neither_numpy_nor_what_downloads_nor_models_of_other_names(bench) -> None:
    bench.write(SEVEN_MISTAKES, "mistakes.yaml")
    never = ("numpy._core", "http.client", "ssl", "dlpy.models.dense", "dlpy.models.rnn", "dlpy.cli.train")
    assert imported([("check", "mistakes.yaml")], never) == [[2, []]]


def test_numpy_is_imported_whole_when_it_is_first_used() -> None:
    code = (
        "import sys; from dlpy.core import deferred_numpy; deferred_numpy.defer(); import numpy as np;"
        "print('numpy._core' in sys.modules, np.arange(4).sum());"
        "import numpy.random; from numpy.linalg import norm; deferred_numpy.defer(); import numpy;"
        "print(norm([3, 4]), numpy.ndarray is np.ndarray, np.testing.__name__, hasattr(np, 'nothing'))"
    )
    assert interpreted(code) == ["False 6", "5.0 True numpy.testing False"]


def test_folds_too_train_under_the_usual_settings_of_keras_or_not_at_all(bench, tmp_path) -> None:
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text('{"floatx": "float16"}')
    np.savez("rows.npz", x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    blocks = {"data": {"name": "npz", "path": "rows.npz"}, "callbacks": ["early_stopping"], "kfold": {"folds": 2}}
    process = started("kfold", bench.experiment(**blocks))
    _, err = process.communicate(timeout=seconds(60))
    assert (process.returncode, err.count("\n")) == (4, 1)  # nor does TensorFlow say a word
    assert "keras.json changes floatx" in err
