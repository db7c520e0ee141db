"""Workbooks, Parquet and Zstandard files, by the packages of `dlpy[files]`."""

import importlib.util
import io
import sys
import zipfile
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest

from dlpy.core.errors import DataError, SetupError
from dlpy.data.tables import column_types, containers, csv_file
from dlpy.data.tables.table_format import TableFormat
from dlpy.datasets.csv import Csv


def columns(file):
    found = column_types.columns_of(file)
    return {
        name: [None if value != value else value for value in column.values.tolist()]
        if column.is_numeric
        else file.texts(name)
        for name, column in found.items()
    }


def workbook(path, **sheets):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def parquet(path, **values):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(values), path)
    return path


def test_a_sheet_is_read_with_its_types(tmp_path):
    rows = [
        ["x", "day", "sold", "city"],
        [1.5, date(2020, 1, 2), True, "Rome"],
        [None, datetime(2020, 1, 3, 4, 5), False, "007"],
    ]
    file = csv_file.read(workbook(tmp_path / "t.xlsx", one=rows, empty=[]))
    assert columns(file) == {
        "x": [1.5, None],
        "day": ["2020-01-02", "2020-01-03 04:05:00"],
        "sold": ["true", "false"],
        "city": ["Rome", "007"],
    }
    assert (file.notes, file.format.stated()) == ((), {})
    assert file.where(1, "x") == "t.xlsx:3: column 'x'"


def test_titles_empty_rows_and_other_sheets_are_left_out_and_said(tmp_path):
    rows = [[], [None, "Sales of 2020"], [], [None, "x", "y"], [None, 1, 2], [], [None, 3, 4]]
    path = workbook(tmp_path / "t.xlsx", about=[], data=rows, more=[["a"], [1]])
    file = csv_file.read(path)
    assert columns(file) == {"x": [1, 3], "y": [2, 4]}
    assert [file.body.line(row) for row in (0, 1)] == [5, 7]
    assert file.format.stated() == {"skip_lines": 1, "sheet": "data"}
    assert file.notes == (
        "t.xlsx: the first row is above the table: left out",
        "t.xlsx: sheet 'data' is read; the others are more",
    )
    assert columns(csv_file.read(path, TableFormat(**file.format.stated()))) == {"x": [1, 3], "y": [2, 4]}
    assert columns(csv_file.read(path, TableFormat(sheet="more"))) == {"a": [1]}
    with pytest.raises(DataError, match=r"data\.sheet: .* has no sheet 'mor'\. Did you mean 'more'\?"):
        csv_file.read(path, TableFormat(sheet="mor"))


def test_a_sheet_without_a_header_has_numbered_columns(tmp_path):
    file = csv_file.read(workbook(tmp_path / "t.xlsx", one=[[1.5, 2], [3.5, 4]]))
    assert columns(file) == {"column_1": [1.5, 3.5], "column_2": [2, 4]}
    assert file.format.stated() == {"header": False}


def test_parquet_columns_keep_their_types(tmp_path):
    values = {"x": [1.5, None], "n": [2**60, 7], "sold": [True, None], "city": ["Rome", "007"]}
    path = parquet(
        tmp_path / "t.parquet", **values, cost=[Decimal("2.50"), Decimal("3.25")], day=[date(2020, 1, 2), None]
    )
    file = csv_file.read(path)
    assert columns(file) == {
        "x": [1.5, None],
        "n": [2.0**60, 7],
        "sold": ["true", ""],
        "city": ["Rome", "007"],
        "cost": [2.5, 3.25],
        "day": ["2020-01-02", ""],
    }
    assert file.texts("n") == [str(2**60), "7"]


def test_an_index_that_pandas_stored_is_no_feature(tmp_path):
    path = parquet(tmp_path / "t.parquet", x=[1.5, 2.5], y=["a", "b"], __index_level_0__=[7, 3])
    file = csv_file.read(path)
    assert (file.names, file.index) == (("Unnamed: 0", "x", "y"), ("Unnamed: 0",))


def test_nested_parquet_columns_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"column 'x' holds list<.*>; a table needs single values\. Remove it"):
        csv_file.read(parquet(tmp_path / "t.parquet", x=[[1], [2]]))


def test_zstandard_files_are_unpacked(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    (tmp_path / "t.csv.zst").write_bytes(zstandard.compress(b"x,y\n1,2\n"))
    assert columns(csv_file.read(tmp_path / "t.csv.zst")) == {"x": [1], "y": [2]}
    (tmp_path / "t.csv.zst").write_bytes(zstandard.compress(b"x,y\n1,2\n" * 1000)[:-8])
    with pytest.raises(DataError, match="is damaged and cannot be unpacked: ValueError: it is cut off"):
        csv_file.read(tmp_path / "t.csv.zst")
    frames = [zstandard.compress(part) for part in (b"x,y\n", b"1,2\n" * 5_000, b"3,4\n")]
    (tmp_path / "t.csv.zst").write_bytes(b"".join(frames))
    assert csv_file.read(tmp_path / "t.csv.zst").texts("x")[-2:] == ["1", "3"]
    (tmp_path / "t.csv.zst").write_bytes(zstandard.compress(b"1,2\n" * (20 << 20)))
    with pytest.raises(DataError, match="would unpack to more than"):
        csv_file.read(tmp_path / "t.csv.zst")


@pytest.mark.parametrize("package", ["pyarrow", "openpyxl", "zstandard"])
def test_a_package_that_is_missing_is_named_with_its_extra(tmp_path, monkeypatch, package):
    found = importlib.util.find_spec
    monkeypatch.setattr(containers, "find_spec", lambda name: None if name == package else found(name))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    content = {"pyarrow": b"PAR1", "openpyxl": zipped.getvalue(), "zstandard": b"\x28\xb5\x2f\xfd"}[package]
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(SetupError, match=rf"is read by the package {package}: pip install 'dlpy\[files\]'"):
        csv_file.read(tmp_path / "t")


def test_workbooks_from_strangers_are_refused(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "t.xlsx"
    for name, content, message in [
        ("xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "defines entities"),
        ("xl/workbook.xml", "<workbook>", "is no readable workbook"),
        ("xl/workbook.xml", " " * (100 << 20), "would unpack to more than"),
    ]:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        with pytest.raises(DataError, match=message):
            csv_file.read(path)


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
def test_damaged_files_are_refused(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    if suffix == "xlsx":
        workbook(path, one=[["x", "y"], [1, 2]])
    else:
        parquet(path, x=[1.5, 2.5] * 50)
    raw = path.read_bytes()
    for place in range(8, len(raw) - 8, max(1, len(raw) // 40)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        with suppress(DataError):  # a changed number may be as good as the old one
            csv_file.read(path)
        path.write_bytes(raw[:place])
        with pytest.raises(DataError):
            csv_file.read(path)


def test_a_workbook_predicts_for_a_run_trained_on_a_csv_file(tmp_path):
    (tmp_path / "t.csv").write_text("x;y\n" + "".join(f"{i},5;{'ab'[i % 2]}\n" for i in range(12)))
    dataset = Csv(path=str(tmp_path / "t.csv"), target="y")
    loaded = dataset.load()
    run = dataset.model_copy(update=loaded.resolved)
    path = workbook(tmp_path / "t.xlsx", one=[["x"], [1.5], ["2,5"]])
    assert run.read(path, loaded.task).x.numeric.tolist() == [[1.5], [2.5]]


def test_no_package_is_loaded_before_it_is_needed():
    assert "openpyxl" not in vars(sys.modules["dlpy.data.tables.workbook"])
    assert "pyarrow" not in vars(sys.modules["dlpy.data.tables.parquet_table"])
