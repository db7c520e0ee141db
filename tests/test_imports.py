"""Commands that train nothing stay light: what they import is checked in fresh interpreters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
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
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
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
