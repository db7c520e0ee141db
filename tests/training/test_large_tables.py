"""Training on a table that is read in pieces: the bits of the same table in memory, also when resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.data.stored import array
from dlpy.data.tables import piece_reader
from dlpy.engine import rows_ahead
from tests.training.what_is_left import last_run, scores_of, weights_of

pytestmark = pytest.mark.slow

_SMALL = "0.001KB"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read, and gather, some rows at a time."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 1000)
    monkeypatch.setattr(rows_ahead, "_WINDOW_BYTES", 2000)
    monkeypatch.setattr(array, "_GATHERED", 7)
    monkeypatch.setattr(array, "_CHUNK_BYTES", 1000)


def _experiment(folder: Path, **blocks: object) -> Path:
    rng, lines = np.random.default_rng(3), []
    for row in range(300):
        x, z, kind = rng.normal(), rng.normal(), "abc"[rng.integers(3)]
        gap = "" if row % 9 == 0 else f"{z:.4f}"
        lines.append(f"{x:.4f},{gap},{kind},{1 + row % 3},{'yes' if x + (kind == 'a') > 0.4 else 'no'}")
    (folder / "t.csv").write_text("\n".join(["x,z,kind,w,y", *lines]) + "\n")
    content = {
        "data": {
            "name": "csv", "path": "t.csv", "target": "y", "weight": "w", "missing": "median", "test": 0.2,
            "transforms": ["standardize", "quantile"],
        },
        "model": {"name": "dense", "units": [8], "dropout": 0.2},
        "training": {"epochs": 3, "batch_size": 16, "class_weight": "balanced", "metrics": ["accuracy", "auc"]},
    }  # fmt: skip
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump(content | blocks))
    return path


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.mark.parametrize("execution", ["epoch", "steps"])
def test_weights_and_scores_are_those_of_memory(bench, execution: str) -> None:
    path, options = _experiment(bench.folder), [f"training.execution={execution}"]
    whole = last_run(bench, "train", path, "--quiet", *options)
    pieces = last_run(bench, "train", path, "--quiet", f"data.memory={_SMALL}", *options)
    assert whole.path != pieces.path
    assert scores_of(whole) == scores_of(pieces)
    assert weights_of(whole) == weights_of(pieces)
    assert pieces.model.is_file()
    assert whole.model.is_file()
    for name in ("splits.npz", "transforms.npz", "predictions.npz"):
        one, other = (_arrays(run.path / name) for run in (whole, pieces))
        assert one.keys() == other.keys()
        for key, values in one.items():
            np.testing.assert_array_equal(values, other[key])
            assert values.dtype == other[key].dtype
    _, whole_scores, _ = bench.run("evaluate", whole.id, "--json")
    _, piece_scores, _ = bench.run("evaluate", pieces.id, "--json")
    assert whole_scores.replace(whole.id, "") == piece_scores.replace(pieces.id, "")


def test_compiled_blocks_are_those_of_memory(bench) -> None:
    path = _experiment(bench.folder, model={"name": "dense", "units": [8]})
    runs = [
        last_run(bench, "train", path, "--quiet", "training.jit_compile=true", f"data.memory={memory}")
        for memory in ("auto", _SMALL)
    ]
    assert weights_of(runs[0]) == weights_of(runs[1])


def test_a_run_stopped_within_an_epoch_resumes_to_the_same_bits(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    often = [{"name": "checkpoint", "every_seconds": 0, "every_steps": 2}]
    path = _experiment(bench.folder, callbacks=often)
    alone = last_run(bench, "train", path, "--quiet", f"data.memory={_SMALL}")
    reads, read = [], rows_ahead.RowsAhead.read

    def stopped(self: rows_ahead.RowsAhead, start: int, count: int) -> np.ndarray:
        reads.append(start)
        if len(reads) == 26:
            raise RuntimeError("stopped")
        return read(self, start, count)

    with monkeypatch.context() as patch:
        patch.setattr(rows_ahead.RowsAhead, "read", stopped)
        status, _, _ = bench.run("train", path, "--quiet", f"data.memory={_SMALL}")
    assert status != 0
    resumed = last_run(bench, "resume", "latest")
    assert scores_of(resumed) == scores_of(alone)
    assert weights_of(resumed) == weights_of(alone)


def test_kfold_check_and_show(bench) -> None:
    path = _experiment(bench.folder, kfold={"folds": 2})
    runs = [last_run(bench, "kfold", path, "--quiet", f"data.memory={memory}") for memory in ("auto", _SMALL)]
    summaries = [yaml.safe_load((run.path / "summary.json").read_text()) for run in runs]
    assert summaries[0]["mean"] == summaries[1]["mean"]
    for command in (["check", path, "--data"], ["show", "data", path]):
        told = []
        for memory in ("1TB", _SMALL):
            data = yaml.safe_load(path.read_text())
            data["data"]["memory"] = memory
            path.write_text(yaml.safe_dump(data))
            status, out, err = bench.run(*command)
            assert (status, err) == (0, "")
            told.append([line for line in out.splitlines() if "data: file" not in line])
        assert told[0] == told[1]


def test_a_classic_model_is_refused(bench) -> None:
    data = {"name": "csv", "path": "t.csv", "target": "y", "memory": _SMALL}
    path = _experiment(bench.folder, model={"name": "boosting"}, training={}, data=data)
    status, out, err = bench.run("check", path)
    err += out
    assert status == 2
    assert "model.name: boosting needs all rows in memory" in err
    assert "raise data.memory" in err


def test_predictions_in_pieces_are_those_of_memory(bench) -> None:
    path = _experiment(bench.folder)
    whole = last_run(bench, "train", path, "--quiet")
    pieces = last_run(bench, "train", path, "--quiet", f"data.memory={_SMALL}")
    written = []
    for run in (whole, pieces):
        out = bench.folder / f"{run.id}.csv"
        status, told, err = bench.run("predict", run.id, bench.folder / "t.csv", "--keep", "w", "--output", out)
        assert (status, told.strip()) == (0, f"300 predictions: {out}")
        assert "34 of 300" in err
        written.append(out.read_text())
    assert written[0] == written[1]
    status, told, _ = bench.run("predict", pieces.id, bench.folder / "t.csv", "--keep", "w")
    assert (status, told) == (0, written[0])
    status, _, err = bench.run("predict", pieces.id, bench.folder / "t.csv", "--json")
    assert (status, "write its predictions with --output FILE" in err) == (2, True)
    status, _, err = bench.run("predict", pieces.id, bench.folder / "t.csv", "--keep", "nothing")
    assert (status, "t.csv has no such column" in err) == (2, True)


def test_explain_reads_the_held_out_rows_and_rivals_are_refused(bench) -> None:
    run = last_run(bench, "train", _experiment(bench.folder), "--quiet", f"data.memory={_SMALL}")
    status, out, err = bench.run("explain", run.id, "--json")
    assert (status, err) == (0, "")
    assert '"kind"' in out
    status, _, err = bench.run("rivals", run.id)
    assert (status, "need all rows of" in err) == (2, True)
