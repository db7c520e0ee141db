import subprocess
import sys
from pathlib import Path

import pytest

from dlpy.cli.main import main

LOSS = {"loss": [0.9, 0.5], "val_loss": [0.8, 0.6]}


@pytest.fixture
def folder(make_run):
    make_run("20260101-120000-first").metrics(LOSS)
    make_run("20260102-120000-second").metrics(LOSS)
    return make_run.folder


def test_paths_of_the_pictures_are_printed(folder, capsys):
    assert main(["plot", "latest", "--runs", str(folder)]) == 0
    (path,) = capsys.readouterr().out.splitlines()
    assert Path(path).resolve() == folder / "20260102-120000-second/plots/history.png"
    assert Path(path).is_file()


def test_several_runs_are_drawn_into_the_first_ones_folder(folder, capsys):
    assert main(["plot", "20260101", "20260102", "--runs", str(folder)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.resolve() == folder / "20260101-120000-first/plots/comparison.png"


def test_same_run_given_twice_is_one_run(folder, capsys):
    assert main(["plot", "latest", "20260102", "--runs", str(folder)]) == 0
    assert capsys.readouterr().out.strip().endswith("history.png")


def test_output_folder_is_made_and_shown_from_where_one_is(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["plot", "20260101", "--runs", ".", "--output", str(folder / "new/pictures"), "--only", "history"]) == 0
    assert capsys.readouterr().out.strip() == "new/pictures/history.png"
    assert not (folder / "20260101-120000-first/plots").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["latest", "--only", "history,rok"], 2, "unknown plot 'rok'. Did you mean 'roc'?"),
        (["latest", "--only", "comparison"], 2, "comparison compares several runs"),
        (["latest", "--only", "confusion"], 7, "confusion does not apply"),
        (["nowhere"], 7, "no run 'nowhere'"),
    ],
)
def test_mistakes_are_told_in_one_line(folder, capsys, arguments, status, message):
    assert main(["plot", *arguments, "--runs", str(folder)]) == status
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def loaded_after(code):
    """Return which of the heavy modules a fresh interpreter has loaded after this code."""
    heavy = ["keras", "tensorflow", "matplotlib", "matplotlib.pyplot"]
    report = f"import sys; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


def test_drawing_loads_neither_keras_nor_pyplot(folder):
    assert loaded_after(f"from dlpy.cli.main import main; main(['plot', 'latest', '--runs', {str(folder)!r}])") == [
        "matplotlib"
    ]


def test_plots_are_listed_without_matplotlib():
    assert loaded_after("from dlpy.api import Plot; assert 'history' in Plot.registry.names()") == []
