"""A run directory of a stranger's: nothing in it leads out of it, hangs, or steers a terminal."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import printable
from dlpy.runs.directory import Run
from dlpy.runs.lookup import create_run
from dlpy.runs.results import cell
from dlpy.runs.trust import stray
from dlpy.storage.npz import ArraysError, read_npz

pytestmark = pytest.mark.slow

COMMANDS = ("evaluate", "resume", "plot", "predict")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained") / "run"


@pytest.fixture
def run(bench, trained: Path) -> Run:
    """A run that is not over, so that resume would go on with it."""
    if not trained.exists():
        assert bench.run("train", bench.experiment(training={"epochs": 1}))[0] == 0
        (path,) = bench.folder.glob("runs/2*")
        record = json.loads((path / "run.json").read_text()) | {"status": "interrupted"}
        (path / "run.json").write_text(json.dumps(record))
        shutil.move(path, trained)
    target = bench.folder / "runs" / "20260101-000000-theirs"
    shutil.rmtree(bench.folder / "runs", ignore_errors=True)
    shutil.copytree(trained, target, symlinks=True)
    return Run(target)


def home(bench) -> Path:
    """A folder of the user's own."""
    folder = bench.folder / "home"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    (folder / ".ssh").mkdir()
    return folder


def linked(run: Run, name: str, target: Path) -> None:
    path = run.path / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("checkpoints", ""),
        ("checkpoints/best", ""),
        ("plots", ""),
        ("folds/01", ""),
        ("log.txt", "thesis.tex"),
        (".lock", "thesis.tex"),
        (".123-evaluation.json", "thesis.tex"),
        ("metrics.csv", "thesis.tex"),
    ],
)
def test_a_link_that_leads_out_of_a_run_is_refused_and_nothing_is_touched(
    bench, run: Run, name: str, to: str, command: str
) -> None:
    theirs = home(bench)
    linked(run, name, theirs / to)
    status, _, err = bench.run(command, run.id, *(["x.csv"] if command == "predict" else []))
    assert (status, err.count("\n")) == (7, 1)
    assert f"was not written by dlpy alone: '{name}' is a link." in err
    assert sorted(path.name for path in theirs.iterdir()) == [".ssh", "thesis.tex"]
    assert (theirs / "thesis.tex").read_text() == "years of work"


def test_links_of_checkpoints_to_their_neighbours_are_the_runs_own(run: Run) -> None:
    assert (run.checkpoints / "best").is_symlink()
    (run.checkpoints / ".77@0123abcd-last").symlink_to("epoch-0001")  # of a process that was killed
    assert stray(run.path) is None
    (run.checkpoints / "epoch-0009").symlink_to("epoch-0001")
    assert stray(run.path) == "'checkpoints/epoch-0009' is a link"


def test_pipes_are_told_and_do_not_keep_the_other_runs_from_being_listed(bench, run: Run) -> None:
    (run.path / "summary.json").unlink()
    os.mkfifo(run.path / "summary.json")
    status, out, _ = bench.run("runs")
    assert (status, "damaged" in out) == (0, True)
    status, out, _ = bench.run("runs", "--verify")
    assert (status, "'summary.json' is a pipe or a device" in out) == (7, True)
    assert bench.run("evaluate", run.id)[0] == 7


@pytest.mark.parametrize(
    "wrong",
    [{"data": [1]}, {"versions": "x"}, {"config_sha256": "x"}, {"test_looks": "x"}, {"status": 3}, {"resumes": {}}],
    ids=str,
)
def test_entries_of_another_kind_are_damage(bench, run: Run, wrong: dict) -> None:
    (run.path / "run.json").write_text(json.dumps(json.loads((run.path / "run.json").read_text()) | wrong))
    for command in ("evaluate", "resume"):
        status, _, err = bench.run(command, run.path)
        assert (status, err.count("\n")) == (7, 1)
        assert f"run.json is damaged: '{next(iter(wrong))}' is invalid. Expected a" in err
    assert "damaged" in bench.run("runs")[1]


def test_signs_that_steer_a_terminal_are_spelled_out(bench) -> None:
    assert printable("a\x1b]0;x\x07\u202eb\nc[/]") == "a\\x1b]0;x\\x07\\u202eb\nc[/]"
    status, out, _ = bench.run("check", bench.write('"\\e]0;TITLE\\a": 1\ndata: {name: blobs}\nmodel: dense\n'))
    assert status == 2
    assert "\x1b" not in out
    assert "\\x1b]0;TITLE\\x07" in out


@pytest.mark.parametrize("text", ["=1+1", "\t=1+1", "\r=1", " @x", "-x"])
def test_no_cell_of_a_table_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_markup_in_a_status_is_text(bench, run: Run) -> None:
    record = json.loads((run.path / "run.json").read_text()) | {"status": "[/]"}
    (run.path / "run.json").write_text(json.dumps(record))
    status, out, err = bench.run("runs")
    assert (status, err, "[/]" in out) == (0, "", True)


def test_rows_of_nothing_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as file:
        np.savez(file, x=np.empty((2_000_000_000, 0)))
    with pytest.raises(ArraysError, match="'x' has 2,000,000,000 rows without numbers"):
        read_npz(tmp_path / "a.npz")


def test_a_clock_that_was_set_back_does_not_make_an_older_run_the_latest(tmp_path: Path) -> None:
    made = [create_run(tmp_path, "x", datetime(2026, 10, 25, 2, minute)) for minute in (50, 10, 55)]
    assert [run.id for run in made] == ["20261025-025000-x", "20261025-025000-x-2", "20261025-025500-x"]
    wrong = create_run(tmp_path, "x", datetime(2036, 1, 1))
    assert wrong.id.startswith("2036")
    assert create_run(tmp_path, "x", datetime(2026, 10, 26)).id.startswith("20261026")


def test_a_pattern_of_many_stars_is_refused(bench) -> None:
    text = "data: {name: image_folder, path: ., size: 8, pattern: '{class}*a*a*a'}\nmodel: {name: convnet}\n"
    status, out, _ = bench.run("check", bench.write(text))
    assert (status, "'pattern' contains 3 *; at most 2 are allowed" in out) == (2, True)
