"""Training on texts that are read in pieces: the bits of the same texts in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.data import stored_sequences, stored_texts
from dlpy.data.tables import piece_reader
from dlpy.engine import rows_ahead
from tests.training.what_is_left import last_run, scores_of, weights_of

pytestmark = pytest.mark.slow

_SMALL = "0.001KB"
_BAG = ["tokenize", "tf_idf"], {"name": "dense", "units": [8], "dropout": 0.2}
_PADDED = ["tokenize", {"name": "pad", "fill": "back"}], {"name": "rnn", "units": [6], "embedding": 4, "masking": True}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read, and gather, some rows at a time."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 1000)
    monkeypatch.setattr(rows_ahead, "_WINDOW_BYTES", 2000)
    monkeypatch.setattr(stored_texts, "_BLOCK_BYTES", 500)
    monkeypatch.setattr(stored_sequences, "_GATHERED", 7)


def _experiment(folder: Path, transforms: list, model: dict) -> Path:
    rng, lines = np.random.default_rng(3), []
    words = np.array([f"word{number}" for number in range(30)])
    for _ in range(200):
        own = words[rng.integers(30, size=rng.integers(1, 12))]
        lines.append(f"{' '.join(own)},{'yes' if 'word1' in own or 'word7' in own else 'no'}")
    (folder / "t.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    data = {"name": "text_csv", "path": "t.csv", "test": 0.2, "transforms": transforms}
    training = {"epochs": 2, "batch_size": 16, "metrics": ["accuracy"]}
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump({"data": data, "model": model, "training": training}))
    return path


@pytest.mark.parametrize(("transforms", "model"), [_BAG, _PADDED], ids=["bag", "padded"])
def test_weights_scores_and_predictions_are_those_of_memory(bench, transforms: list, model: dict) -> None:
    path = _experiment(bench.folder, transforms, model)
    whole = last_run(bench, "train", path, "--quiet")
    pieces = last_run(bench, "train", path, "--quiet", f"data.memory={_SMALL}")
    assert whole.path != pieces.path
    assert scores_of(whole) == scores_of(pieces)
    assert weights_of(whole) == weights_of(pieces)
    assert whole.model.is_file() == pieces.model.is_file()
    told = [bench.run("evaluate", run.id, "--json") for run in (whole, pieces)]
    assert [status for status, _, _ in told] == [0, 0]
    assert told[0][1].replace(whole.id, "") == told[1][1].replace(pieces.id, "")
    written = [bench.run("predict", run.id, "t.csv") for run in (whole, pieces)]
    assert written[0][:2] == written[1][:2]
    assert written[0][1].count("\n") > 200


def test_batches_one_after_another(bench) -> None:
    path = _experiment(bench.folder, *_BAG)
    options = ["--quiet", "training.execution=steps"]
    whole, pieces = (last_run(bench, "train", path, *options, f"data.memory={size}") for size in ("1TB", _SMALL))
    assert weights_of(whole) == weights_of(pieces)


def test_check_and_show_read_them(bench) -> None:
    path, told = _experiment(bench.folder, *_PADDED), []
    for size in ("1TB", _SMALL):
        data = yaml.safe_load(path.read_text())
        data["data"]["memory"] = size
        path.write_text(yaml.safe_dump(data))
        for command in (["check", path, "--data"], ["show", "data", path]):
            status, out, err = bench.run(*command)
            assert (status, err) == (0, "")
            told.append([line for line in out.splitlines() if "data: file" not in line])
    assert told[:2] == told[2:]
