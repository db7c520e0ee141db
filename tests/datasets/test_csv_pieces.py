"""Tables that are read in pieces: the same rows, transforms and mistakes as those of the same table in memory."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, StorageError
from dlpy.data.rows import Loaded
from dlpy.data.tables import piece_reader
from dlpy.datasets.csv import Csv
from dlpy.storage import cache
from dlpy.training.pipeline import Pipeline, split
from dlpy.transforms.standardize import Standardize

_NUMBERS = ["1", "-2.5", "3e2", "0.1", "12345678.9", "", "NA", "+7", "1000000"]
_TEXTS = ["red", "blue", "", "NA", '"a,b"', '"two\nlines"', "grün", "007", '"say ""hi"""', "red "]
_TRANSFORMS = [
    [],
    ["standardize"],
    ["missing_indicators", "quantile"],
    ["robust_scale", {"name": "rare_categories", "min_count": 2}],
    [{"name": "piecewise_linear", "bins": 4}, {"name": "tabulate", "embed": ["b"]}],
    ["standardize", "quantile"],
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read some 100 bytes at a time."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 100)


def _csv(path: Path, **options: object) -> Csv:
    return Csv.model_validate({"name": "csv", "path": str(path), "target": "y", **options})


def _outcome(data: Csv) -> Loaded | str:
    try:
        return data.load()
    except (DataError, ConfigError) as error:
        return type(error).__name__


def _same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])
        assert array.dtype.kind == other[name].dtype.kind


def _compare(data: Csv) -> None:
    """Check that a table in pieces is the table in memory: its rows, what is said of it, and after its transforms."""
    whole, pieces = (_outcome(data.model_copy(update={"memory": size})) for size in ("1TB", "0.001KB"))
    if isinstance(whole, str) or isinstance(pieces, str):
        assert whole == pieces
        return
    assert (whole.task, whole.resolved, whole.notes) == (pieces.task, pieces.resolved, pieces.notes)
    assert whole.fingerprint() == pieces.fingerprint()
    _same(whole.train.targets, pieces.train.targets)
    _same(whole.train.columns, pieces.train.columns)
    both = [split(data, loaded) for loaded in (whole, pieces)]
    fitted = []
    for parts in both:
        try:
            fitted.append(Pipeline.fit(data.all_transforms(), parts.train, whole.task))
        except DataError as error:
            fitted.append(str(error))
    if isinstance(fitted[0], str) or isinstance(fitted[1], str):
        assert fitted[0] == fitted[1]
        return
    for (one, other), part in zip(zip(*fitted, strict=True), ("pipeline", "rows", "task"), strict=True):
        if part == "pipeline":
            for state, again in zip(one.states, other.states, strict=True):
                _same(state, again)
            _same(one.ranges.arrays(), other.ranges.arrays())
        elif part == "rows":
            np.testing.assert_array_equal(one.array.view(np.int32), other.array.view(np.int32))
            np.testing.assert_array_equal(one.index, other.index)
        else:
            assert one == other
    if both[0].validation is not None and both[1].validation is not None:
        held = [pipeline.apply(parts.validation).array for (pipeline, *_), parts in zip(fitted, both, strict=True)]
        np.testing.assert_array_equal(held[0].view(np.int32), held[1].view(np.int32))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pieces_are_the_table_in_memory(tmp_path: Path, data: st.DataObject) -> None:
    rows = data.draw(st.integers(4, 40))
    numbers = st.lists(st.sampled_from(_NUMBERS), min_size=rows, max_size=rows)
    texts = st.lists(st.sampled_from(_TEXTS), min_size=rows, max_size=rows)
    target = data.draw(st.sampled_from([["1.5", "2", "-3.25"], ["yes", "no"], ["1", "2", "3"]]))
    labels = st.lists(st.sampled_from(target), min_size=rows, max_size=rows)
    weights = st.lists(st.sampled_from(["1", "0.5", "2"]), min_size=rows, max_size=rows)
    columns = [data.draw(numbers), data.draw(numbers), data.draw(texts), data.draw(weights), data.draw(labels)]
    path = tmp_path / "table.csv"
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    lines = [",".join(cells) for cells in [("a", "c", "b", "w", "y"), *zip(*columns, strict=True)]]
    path.write_bytes((end.join(lines) + end * data.draw(st.integers(0, 2))).encode())
    options = {
        "categorical": ["b"],
        "weight": "w",
        "missing": data.draw(st.sampled_from(["error", "median", "mean", "most_frequent"])),
        "transforms": data.draw(st.sampled_from(_TRANSFORMS)),
        "validation": data.draw(st.sampled_from([None, 2, 0.3])),
    }
    _compare(_csv(path, **options))


def _write(path: Path, rows: int) -> Path:
    lines = [f"{number / 7:.6f},{'ab'[number % 2]},{number % 3},{number * 2}" for number in range(rows)]
    path.write_text("\n".join(["x,kind,group,y", *lines]) + "\n")
    return path


@pytest.mark.parametrize("transforms", _TRANSFORMS[:3])
def test_a_single_numeric_column_and_groups(tmp_path: Path, transforms: list) -> None:
    _compare(_csv(_write(tmp_path / "t.csv", 200), group="group", validation=0.4, transforms=transforms))


def test_a_constant_column_is_one_in_pieces_too(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["same,x,y", *(f"0.1,{row},{row % 3}" for row in range(1000))]) + "\n")
    data = _csv(path, transforms=["standardize"])
    _compare(data)
    train = data.model_copy(update={"memory": "0.001KB"}).load()
    assert set(Pipeline.fit(data.all_transforms(), train.train, train.task)[1].array[:, 0].tolist()) == {0.0}


def test_formats_dates_and_several_inputs_and_targets(tmp_path: Path) -> None:
    day = [f"2020-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(90)]
    lines = [
        f'"${row},00{row % 10}.5",{day[row]},{"ab"[row % 2]},{row % 2},{row * 1.5},{"01"[row % 2]}'
        for row in range(1, 90)
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["price,day,kind,up,size,down", *lines]) + "\n")
    inputs = {"money": {"columns": ["price", "day"], "dates": ["day"], "transforms": ["standardize"]}}
    inputs["sort"] = {"columns": ["kind"]}
    targets = {"tags": {"columns": ["up", "down"]}, "size": {"column": "size", "transforms": ["standardize"]}}
    data = Csv.model_validate({"name": "csv", "path": str(path), "inputs": inputs, "targets": targets})
    whole, pieces = (data.model_copy(update={"memory": size}).load() for size in ("1TB", "0.001KB"))
    assert (whole.task, whole.resolved) == (pieces.task, pieces.resolved)
    assert whole.fingerprint() == pieces.fingerprint()
    one, other = (Pipeline.fit(data.all_transforms(), loaded.train, whole.task)[1] for loaded in (whole, pieces))
    for name in inputs:
        np.testing.assert_array_equal(one.inputs[name], other.inputs[name].read())
    _same(one.targets, other.targets)


def test_rows_without_a_target_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row / 3:.3f},{'' if row % 5 == 0 else row / 2}\n" for row in range(100)))
    _compare(_csv(path, missing_target="drop", transforms=["standardize"]))


def test_parts_of_a_table_in_several_files(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(3):
        _write(folder / f"{number}.csv", 50 + number)
    _compare(_csv(folder))


@pytest.mark.parametrize(
    ("line", "words"),
    [("oops,a,1,3", "t.csv:150: column 'x': 'oops' is not a number"), ("1,a,1", "t.csv:150: 3 cells, but the header")],
)
def test_a_wrong_line_far_down_is_named(tmp_path: Path, line: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 500)
    path = _write(tmp_path / "t.csv", 300)
    lines = path.read_text().splitlines()
    lines[149] = line
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=words):
        _csv(path, memory="0.001KB").load()


def test_classes_that_the_first_rows_lack_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 300)
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row}.5,{'abc'[row // 100]}\n" for row in range(300)))
    loaded = _csv(path, memory="0.001KB").load()
    assert loaded.task.output.classes == ("a", "b", "c")
    assert np.bincount(loaded.train.y).tolist() == [100, 100, 100]


def test_the_second_load_does_not_read_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB")
    first = data.load().fingerprint()
    monkeypatch.setattr(piece_reader, "pieces_of", lambda *given: pytest.fail("the table was read again"))
    assert data.load().fingerprint() == first


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    data = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB")
    assert len(data.load().train) == 100
    _write(tmp_path / "t.csv", 120)
    assert len(data.load().train) == 120


def test_a_cache_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    data = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB")
    first = data.load().fingerprint()
    (file,) = (tmp_path / "cache" / "tables").glob("*/0.bin")
    file.write_bytes(file.read_bytes()[:-8])
    assert data.load().fingerprint() == first


def test_a_reading_that_was_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*given: object) -> object:
        yield next(pieces_of(*given))  # type: ignore
        raise KeyboardInterrupt

    data, pieces_of = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB"), piece_reader.pieces_of
    with monkeypatch.context() as patch:
        patch.setattr(piece_reader, "pieces_of", stopped)
        with pytest.raises(KeyboardInterrupt):
            data.load()
    assert [path.name for path in (tmp_path / "cache" / "tables").iterdir() if path.is_dir()] == []
    assert len(data.load().train) == 100


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(100))
    with pytest.raises(StorageError, match=r"the rows of the table need .* KB there"):
        _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB").load()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"duplicates": "drop"}, "data.duplicates: .* needs all rows in memory: remove it"),
        ({"time": "x", "validation": None}, "data.time: .* sort the file itself"),
    ],
)
def test_what_needs_all_rows_is_refused(tmp_path: Path, options: dict, words: str) -> None:
    data = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB", **options)
    for refused in (data.check, data.load):
        with pytest.raises(ConfigError, match=words):
            refused()


def test_a_transform_that_needs_all_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Standardize, "fit_in_pieces", Transform.fit_in_pieces)
    data = _csv(_write(tmp_path / "t.csv", 100), memory="0.001KB", transforms=["standardize"])
    with pytest.raises(ConfigError, match=r"data.transforms: .* and standardize needs all rows in memory"):
        data.check()


def test_a_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected auto or a size such as 500MB or 2GB"):
        _csv(Path("t.csv"), memory="lots")
