"""Training on series that are read in pieces: the bits of the same file in memory, also when resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.data import windows
from dlpy.data.stored import mapped_rows
from dlpy.data.tables import piece_reader
from dlpy.engine import rows_ahead
from tests.training.what_is_left import last_run, scores_of, weights_of

pytestmark = pytest.mark.slow

_SMALL = "data.memory=0.001KB"
_PINBALL = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read, and gather, some rows at a time."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 1000)
    monkeypatch.setattr(rows_ahead, "_WINDOW_BYTES", 2000)
    monkeypatch.setattr(windows, "_GATHERED", 7)
    monkeypatch.setattr(mapped_rows, "_BLOCK_BYTES", 1000)


def _experiment(folder: Path, **blocks: object) -> Path:
    rng, lines = np.random.default_rng(3), []
    for row in range(120):
        for shop, level in (("b", 1), ("a", 5)):  # the file is in order of time, not of series
            sold = level + np.sin(row / 3) + rng.normal(scale=0.1)
            price = "" if row % 17 == 5 else f"{rng.normal():.3f}"
            lines.append(f"{np.datetime64('2020-01-01') + row},{shop},{sold:.3f},{price},{int(row % 7 == 0)}")
    (folder / "s.csv").write_text("\n".join(["day,shop,sold,price,holiday", *lines]) + "\n")
    content = {
        "data": {
            "name": "timeseries_csv", "path": "s.csv", "time": "day", "id": "shop", "target": "sold", "lookback": 7,
            "horizon": 3, "columns": ["sold", "price"], "known": ["holiday"], "missing": "previous", "period": 7,
            "windows": "across_parts", "transforms": ["standardize"],
        },
        "model": {"name": "dense", "units": [8], "dropout": 0.2},
        "training": {"epochs": 2, "batch_size": 16, "loss": _PINBALL},
    }  # fmt: skip
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump(content | blocks))
    return path


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.mark.parametrize("execution", ["epoch", "steps"])
def test_weights_scores_and_predictions_are_those_of_memory(bench, execution: str) -> None:
    path, options = _experiment(bench.folder), [f"training.execution={execution}"]
    whole = last_run(bench, "train", path, "--quiet", *options)
    pieces = last_run(bench, "train", path, "--quiet", _SMALL, *options)
    assert whole.path != pieces.path
    assert scores_of(whole) == scores_of(pieces)
    assert weights_of(whole) == weights_of(pieces)
    for name in ("splits.npz", "transforms.npz", "predictions.npz"):
        one, other = (_arrays(run.path / name) for run in (whole, pieces))
        assert one.keys() == other.keys()
        for key, values in one.items():
            np.testing.assert_array_equal(values, other[key])
    later = bench.folder / "later.csv"
    future = [f"{np.datetime64('2020-04-30') + day},{shop},,,1" for day in range(3) for shop in "ab"]
    later.write_text((bench.folder / "s.csv").read_text() + "\n".join(future) + "\n")
    for command in (["evaluate", "--json"], ["predict", bench.folder / "s.csv"], ["predict", later, "--ahead", "3"]):
        told = [bench.run(command[0], run.id, *command[1:]) for run in (whole, pieces)]
        assert [status for status, _, _ in told] == [0, 0]
        assert told[0][1].replace(whole.id, "") == told[1][1].replace(pieces.id, "")


def test_a_run_stopped_within_an_epoch_resumes_to_the_same_bits(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    often = [{"name": "checkpoint", "every_seconds": 0, "every_steps": 2}]
    path = _experiment(bench.folder, callbacks=often)
    alone = last_run(bench, "train", path, "--quiet", _SMALL)
    reads, read = [], rows_ahead.RowsAhead.read

    def stopped(self: rows_ahead.RowsAhead, start: int, count: int) -> object:
        reads.append(start)
        if len(reads) == 15:
            raise RuntimeError("stopped")
        return read(self, start, count)

    with monkeypatch.context() as patch:
        patch.setattr(rows_ahead.RowsAhead, "read", stopped)
        status, _, _ = bench.run("train", path, "--quiet", _SMALL)
    assert status != 0
    resumed = last_run(bench, "resume", "latest")
    assert scores_of(resumed) == scores_of(alone)
    assert weights_of(resumed) == weights_of(alone)


def test_kfold_is_that_of_memory(bench) -> None:
    path = _experiment(bench.folder, kfold={"folds": 2})
    runs = [last_run(bench, "kfold", path, "--quiet", memory) for memory in ("data.memory=auto", _SMALL)]
    summaries = [yaml.safe_load((run.path / "summary.json").read_text()) for run in runs]
    assert summaries[0]["mean"] == summaries[1]["mean"]


def test_check_names_what_needs_memory(bench) -> None:
    path = _experiment(bench.folder)
    data = yaml.safe_load(path.read_text())
    data["data"] |= {"memory": "0.001KB", "transforms": ["quantile_positions"]}
    path.write_text(yaml.safe_dump(data))
    status, out, err = bench.run("check", path)
    assert status == 2
    assert "s.csv is too large for data.memory, and quantile_positions needs all rows in memory" in out + err
