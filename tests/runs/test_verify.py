"""`dlpy runs --verify`: what is intact, and what is not."""

import json
from pathlib import Path

import pytest

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def run(bench) -> Run:
    return bench.trained()


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_runs_that_are_whole_are_intact(bench, run: Run) -> None:
    assert bench.run("kfold", bench.experiment(kfold={"folds": 2}), "--refit")[0] == 0
    status, out, err = bench.run("runs", "--verify")
    assert (status, err) == (0, "")
    assert [line.split("  ")[1] for line in out.splitlines()] == ["completed: intact"] * 2


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("checkpoints/best/weights.npz", "weights.npz is damaged: its content was changed after it was written"),
        ("checkpoints/last/state.json", "state.json is damaged"),
        ("predictions.npz", "predictions.npz is damaged"),
        ("model.keras", "model.keras is damaged"),
        ("config.yaml", "config.yaml was edited"),
    ],
)
def test_a_single_bit_is_noticed(bench, run: Run, file: str, said: str) -> None:
    flip(run.path / file)
    status, out, err = bench.run("runs", "--verify", "latest")
    assert status == 7
    assert said in out
    assert err == "error: 1 of 1 runs is damaged.\n"


@pytest.mark.parametrize("file", ["run.json", "summary.json", "splits.npz", "checkpoints/best"])
def test_what_is_missing_is_named(bench, run: Run, file: str) -> None:
    (run.path / file).unlink()
    status, out, _ = bench.run("runs", "--verify")
    assert status == 7
    assert f"{file} is missing" in out


def test_a_line_that_is_cut_off_is_noticed(bench, run: Run) -> None:
    run.metrics.write_text(run.metrics.read_text()[:-3])
    assert "metrics.csv is damaged: a line is cut off" in bench.run("runs", "--verify")[1]


def test_a_run_that_was_killed_is_intact_and_resumable_unless_its_checkpoints_are_not(bench, run: Run) -> None:
    run.update(status="running")
    (verdict,) = json.loads(bench.run("runs", "--verify", "--json")[1])
    assert verdict == {"id": run.id, "status": "killed", "resumable": True, "damages": []}
    flip(run.checkpoints / "last" / "optimizer.npz")
    status, out, _ = bench.run("runs", "--verify", "--json")
    (verdict,) = json.loads(out)
    assert (status, verdict["resumable"], len(verdict["damages"])) == (7, False, 1)
