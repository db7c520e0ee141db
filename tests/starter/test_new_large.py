"""`dlpy new` on a large table: some rows are looked at, and a table beyond the memory is read in pieces."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.data.tables import csv_file, piece_reader
from dlpy.datasets import _memory_option
from dlpy.datasets.csv import Csv
from dlpy.datasets.text_csv import TextCsv
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.starter import sample
from dlpy.training.pipeline import Pipeline

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a table for large from 10 kB on."""
    monkeypatch.setattr(sample, "_WHOLE_BYTES", 10_000)
    monkeypatch.setattr(sample, "_HEAD_BYTES", 6_000)
    monkeypatch.setattr(sample, "_PLACE_BYTES", 1_500)
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 8_000)
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 8_000)


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave memory for 50 kB of text, as 40% of what is free."""
    monkeypatch.setattr(_memory_option, "free_memory", lambda: 625_000)


def _table(folder: Path, rows: int, *, quoted: bool = False) -> Path:
    rng, lines = np.random.default_rng(1), []
    for row in range(rows):
        x, kind = rng.normal(), "abc"[rng.integers(3)]
        note = f'"note, {row}\nof ""{kind}"""' if quoted else f"n{row % 7}"
        gap = "" if row % 11 == 0 else f"{rng.normal():.4f}"
        lines.append(f"{row + 0.5},{x:.4f},{gap},{kind},{note},{3 * x + (kind == 'a') + rng.normal() / 9:.4f}")
    path = folder / "large.csv"
    path.write_text("\n".join(["place,x,z,kind,note,y", *lines]) + "\n")
    return path


@pytest.mark.parametrize("quoted", [False, True])
def test_the_sample_holds_whole_rows_from_all_over_the_file(tmp_path: Path, *, quoted: bool) -> None:
    path = _table(tmp_path, 4000, quoted=quoted)
    rows = {tuple(row) for row in csv.reader(io.StringIO(path.read_text()))}
    head = sample.head_of_large(path)
    assert head is not None
    with sample.sampled(path, head) as found:
        cells = list(zip(*found.body.texts(list(range(6))), strict=True))
        assert found.total == pytest.approx(4000, rel=0.1)
        wide, line = csv_file.read(found.sample), found.where(len(found) - 1, "x")
    assert {tuple(map(str.strip, row)) for row in rows} >= set(cells)
    assert len(set(cells)) == len(cells) == len(wide)
    places = np.array([float(row[0]) for row in cells])
    assert np.bincount((places / 1000).astype(int)).min() > 20
    assert line.startswith("large.csv, a row behind byte")


def test_a_small_table_is_read_whole(tmp_path: Path) -> None:
    assert sample.head_of_large(_table(tmp_path, 50)) is None


def test_rows_that_fit_into_memory(bench) -> None:
    status, out, err = bench.run("new", _table(bench.folder, 4000))
    assert (status, err) == (0, "")
    assert "of about 4," in out
    data = yaml.safe_load((bench.folder / "large.yaml").read_text())["data"]
    assert "memory" not in data
    assert data["path"] == "large.csv"


@pytest.mark.usefixtures("little_memory")
def test_a_pattern_of_large_files_is_read_in_pieces(bench) -> None:
    (bench.folder / "parts").mkdir()
    for name in ("a", "b"):
        _table(bench.folder, 1000).rename(bench.folder / "parts" / f"{name}.csv")
    status, out, err = bench.run("new", "parts/*.csv", "--target", "y")
    assert (status, err) == (0, "")
    assert "of about 2," in out
    data = yaml.safe_load((bench.folder / "parts.yaml").read_text())["data"]
    assert Csv(path="parts/*.csv", target="y").reads_in_pieces()
    assert data["path"] == "parts/*.csv"


@pytest.mark.usefixtures("little_memory")
def test_what_is_written_can_be_read_in_pieces(bench) -> None:
    path = _table(bench.folder, 4000)
    status, out, err = bench.run("new", path)
    assert (status, err) == (0, "")
    assert "are read once, in pieces, into a cache on disk" in out
    data = yaml.safe_load((bench.folder / "large.yaml").read_text())["data"]
    assert not {"time", "duplicates", "inputs"} & data.keys()
    dataset = Csv.model_validate({**data, "path": str(path), "memory": "200KB"})
    assert dataset.reads_in_pieces()
    loaded = dataset.load()
    assert len(loaded.train) + len(loaded.test or []) == 4000
    Pipeline.fit(dataset.all_transforms(), loaded.train, loaded.task)


@pytest.mark.usefixtures("little_memory")
def test_what_is_written_for_pieces_passes_the_check(bench) -> None:
    status, _, err = bench.run("new", _table(bench.folder, 4000))
    assert (status, err) == (0, "")
    experiment = yaml.safe_load((bench.folder / "large.yaml").read_text())
    assert "memory" in experiment["data"]
    status, _, err = bench.run("check", "large.yaml")
    assert (status, err) == (0, "")


@pytest.mark.usefixtures("little_memory")
def test_times_sort_nothing_in_pieces(bench) -> None:
    lines = [f"2020-01-{1 + row % 28:02},{row % 13},{row % 7}.5" for row in range(5000)]
    (bench.folder / "t.csv").write_text("\n".join(["day,x,y", *lines]) + "\n")
    status, out, err = bench.run("new", "t.csv")
    assert (status, err) == (0, "")
    assert "sorting by day needs all of them in memory" in out
    assert "time" not in yaml.safe_load((bench.folder / "t.yaml").read_text())["data"]


@pytest.mark.usefixtures("little_memory")
def test_texts_beyond_the_memory_are_read_in_pieces(bench) -> None:
    lines = [f"this is the text of number {row} among many,{'ab'[row % 2]}" for row in range(3000)]
    (bench.folder / "t.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    assert bench.run("new", "t.csv")[0] == 0
    data = yaml.safe_load((bench.folder / "t.yaml").read_text())["data"]
    assert (data["name"], data["transforms"][-1]) == ("text_csv", "multi_hot")
    dataset = TextCsv.model_validate({**data, "path": str(bench.folder / "t.csv"), "memory": "200KB"})
    assert dataset.reads_in_pieces()
    dataset.check()
    loaded = dataset.load()
    Pipeline.fit(dataset.all_transforms(), loaded.train, loaded.task)


@pytest.mark.usefixtures("little_memory")
def test_names_beyond_the_memory_are_refused_in_one_line(bench) -> None:
    lines = [f"{row % 2},{row}" for row in range(30_000)]
    (bench.folder / "t.csv").write_text("\n".join(["label,number", *lines]) + "\n")
    status, _, err = bench.run("new", "t.csv", "--ignore", "number", "--target", "label")
    assert (status, err.count("\n")) == (3, 1)
    assert "It is too large for the memory, and such a table can only be read as a whole" in err


def _series(folder: Path, *, gap: bool = False) -> Path:
    """Write two series of hours, one below the other; with a gap, one row of the first place is missing."""
    hours = np.arange("2020-01-01", "2020-03-25", dtype="M8[h]").astype("M8[m]")
    days = {shop: np.sin(np.arange(len(hours)) * np.pi / 12 + ord(shop)) for shop in "ab"}
    lines = [f"{hour},{shop},{days[shop][row]:.4f}" for shop in "ab" for row, hour in enumerate(hours)]
    path = folder / "hours.csv"
    path.write_text("\n".join(["hour,shop,sold", *lines[:50], *lines[50 + gap :]]) + "\n")
    return path


def test_the_places_of_a_series_are_looked_at_and_the_seams_are_no_gaps(bench) -> None:
    status, out, err = bench.run("new", _series(bench.folder))
    assert (status, err) == (0, "")
    assert "the first ones, and some from 16 places" in out
    data = yaml.safe_load((bench.folder / "hours.yaml").read_text())["data"]
    assert (data["name"], data["time"], data["id"]) == ("timeseries_csv", "hour", "shop")
    assert "gaps" not in data
    assert bench.run("check", "hours.yaml", "--data")[0] == 0


def test_a_gap_within_a_place_of_a_series_is_found(bench) -> None:
    assert bench.run("new", _series(bench.folder, gap=True))[0] == 0
    assert yaml.safe_load((bench.folder / "hours.yaml").read_text())["data"]["gaps"] in ("allow", "fill")


@pytest.mark.usefixtures("little_memory")
def test_a_series_beyond_the_memory_is_read_in_pieces(bench) -> None:
    status, out, err = bench.run("new", _series(bench.folder))
    assert (status, err) == (0, "")
    assert "they are read once, in pieces, into a cache on disk" in out
    data = yaml.safe_load((bench.folder / "hours.yaml").read_text())["data"]
    dataset = TimeseriesCsv.model_validate({**data, "path": str(bench.folder / "hours.csv")})
    assert dataset.reads_in_pieces()
    assert len(dataset.load().train) > 1000
