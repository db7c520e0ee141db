"""Commands that train nothing stay light: what they import is checked in fresh interpreters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.commands import started
from tests.machine import seconds

REPOSITORY = Path(__file__).parents[2]
CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))
HEAVY = ("tensorflow", "keras", "matplotlib", "tensorboard", "PIL")
CODE = f"""
import json, sys
from dlpy.cli.main import main
status = main(sys.argv[1:])
print()
print(json.dumps([status, [name for name in {HEAVY} if name in sys.modules]]))
"""


def imported(*arguments: object) -> list[object]:
    """Run a command line in a new interpreter; return its status and which heavy packages it imported."""
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", CODE, *map(str, arguments)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=seconds(60), check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("train", "--help"),
        ("explain", "--help"),
        ("check", *CONFIGS),
        ("show",),
        ("show", "models", "dense"),
        ("show", CONFIGS[0]),
        ("show", "data", "own.yaml"),
        ("runs",),
        ("runs", "--verify"),
        ("schema",),
        ("new", "mnist"),
        ("new", "table.csv"),
    ],
    ids=lambda arguments: "-".join(str(argument) for argument in arguments[:2])[:30],
)
def test_a_command_that_trains_nothing_imports_nothing_heavy(bench, arguments: tuple) -> None:
    bench.write("a,b\n" + "1,2\n3,4\n" * 20, "table.csv")
    bench.write("data: {name: csv, path: table.csv, target: b}\nmodel: dense\n", "own.yaml")
    assert imported(*arguments) == [0, []]


def test_mistakes_are_found_before_anything_heavy_is_imported(bench) -> None:
    assert imported("train", bench.experiment(), "training.epohcs=3") == [2, []]
    text = "data: {name: npz, path: rows.npz}\nmodel: dense\n"
    assert imported("train", bench.write(text)) == [3, []]
    assert imported("evaluate", "latest") == [7, []]


def test_folds_too_train_under_the_usual_settings_of_keras_or_not_at_all(bench, tmp_path) -> None:
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text('{"floatx": "float16"}')
    np.savez("rows.npz", x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    blocks = {"data": {"name": "npz", "path": "rows.npz"}, "callbacks": ["early_stopping"], "kfold": {"folds": 2}}
    process = started("kfold", bench.experiment(**blocks))
    _, err = process.communicate(timeout=seconds(60))
    assert (process.returncode, err.count("\n")) == (4, 1)  # nor does TensorFlow say a word
    assert "keras.json changes floatx" in err
