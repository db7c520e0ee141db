"""What a shell completes, how versions are printed, and the other way to start dlpy."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

WORDS = {
    "dlpy evaluate 2026": ["20260102-000000-b", "20260101-000000-a"],
    "dlpy plot latest l": ["latest"],
    "dlpy runs --runs elsewhere 2": ["20250101-000000-c"],
    "dlpy show mo": ["models", "model"],
    "dlpy show tr": ["transforms", "training"],
    "dlpy show models no": [],
    "dlpy show losses mae": ["mae"],
    "dlpy show no_such_kind a": [],
    "dlpy new boston": ["boston_housing"],
    "dlpy train own": [],  # the shell completes files by itself
    "dlpy pre": ["predict"],
}


@pytest.mark.parametrize(("line", "expected"), WORDS.items())
def test_a_shell_completes_runs_components_and_commands(line: str, expected: list[str], bench, monkeypatch) -> None:
    for run in ("runs/20260101-000000-a", "runs/20260102-000000-b", "elsewhere/20250101-000000-c"):
        Path(run).mkdir(parents=True)
        Path(run, "run.json").write_text("{}")
    monkeypatch.setenv("_DLPY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    status, out, err = bench.run()
    assert (status, out.split(), err) == (0, expected, "")


def test_a_completion_that_fails_is_silent(bench, monkeypatch) -> None:
    Path("runs").write_text("a file, not a folder")
    monkeypatch.setenv("_DLPY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "dlpy evaluate ")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert bench.run() == (0, "latest\n", "")


def test_python_runs_the_package_and_versions_are_printed() -> None:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "dlpy", "--version"]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told["dlpy"] == version("dlpy")
    assert told["keras"] == version("keras")
    assert told["python"] == platform.python_version()
    assert "tensorflow" in told or "tensorflow-cpu" in told
