"""The reader of CSV files, both ways: cut up by numpy, and by the csv module where quotes have a meaning."""

from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.tables import column_types, csv_file, decimals, plain_text


def write(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def values(tmp_path, content, name):
    return column_types.columns_of(csv_file.read(write(tmp_path, content)))[name].values.tolist()


def cells(texts):
    raw, starts, dots, ends = b"\n" * decimals.PAD, [], [], []
    for text in texts:
        starts.append(len(raw))
        ends.append(len(raw) + len(text))
        dots.append(starts[-1] + text.index(".") if "." in text else ends[-1])
        raw += text.encode() + b","
    return decimals.Cells(np.frombuffer(raw, np.uint8), np.array(starts), np.array(dots), np.array(ends))


def test_plain_decimals_are_the_floats_that_python_reads():
    rng = np.random.default_rng(0)
    texts = [f"{value:.{digits}g}" for digits in range(1, 16) for value in rng.normal(size=200) * 100]
    texts = [text for text in texts if len(text) < 18 and "e" not in text] + [
        "0",
        "-0.5",
        ".5",
        "5.",
        "+3",
        "0.07",
        "123456789012345",
    ]
    parsed, plain = decimals.parse(cells(texts))
    assert len(texts) > 2700
    assert plain.all()
    assert parsed.tolist() == [float(text) for text in texts]


def test_more_than_fifteen_digits_are_off_by_one_unit_in_the_last_place_at_most():
    texts = [f"{value:.17f}" for value in np.random.default_rng(0).random(1000)]
    parsed, plain = decimals.parse(cells(texts))
    exact = np.array([float(text) for text in texts])
    assert plain.any()
    assert (abs(parsed - exact)[plain] <= np.spacing(exact)[plain]).all()


@pytest.mark.parametrize(
    "text", ["", "-", ".", "-.", "1.2.3", "--1", "1e5", "nan", "1 2", "12:3", "1/2", "a", "9" * 19, "007", "00"]
)
def test_what_is_no_plain_decimal_is_not_taken_for_one(text):
    assert decimals.parse(cells(["1", text, "2"]))[1].tolist() == [True, False, True]


@pytest.mark.parametrize("quote", ["", '"'])
def test_numbers_in_every_notation_are_read(tmp_path, quote):
    content = f"{quote}a{quote},b\n{quote}1.5{quote},x\n -2 ,y\n1e3,z\n+.25,x\nNA,x\n,x\n"
    assert np.allclose(values(tmp_path, content, "a"), [1.5, -2, 1000, 0.25, np.nan, np.nan], equal_nan=True)


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks(tmp_path):
    file = csv_file.read(write(tmp_path, 'a,b\n"x, ""y""\nz",1\nw,oops\n'))
    assert file.texts("a") == ['x, "y"\nz', "w"]
    assert file.where(1, "b") == "t.csv:4: column 'b'"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", ""])
def test_any_line_end_will_do(tmp_path, end):
    content = f"a,b{end or chr(10)}1,2{end or chr(10)}3,4{end}"
    assert values(tmp_path, content, "b") == [2, 4]


def test_lines_are_counted_past_empty_ones(tmp_path):
    file = csv_file.read(write(tmp_path, "a,b\n\n1,2\n\n3,x\n"))
    assert [file.body.line(row) for row in range(len(file))] == [3, 5]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert csv_file.read(write(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n")).names == ("a", "b")


def test_text_beyond_ascii_is_read(tmp_path):
    assert csv_file.read(write(tmp_path, "a,b\nÅlesund,1\n東京,2\n")).texts("a") == ["Ålesund", "東京"]


def test_files_of_many_chunks_are_read_like_small_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_text, "_CHUNK_BYTES", 64)
    numbers = np.random.default_rng(0).integers(-999, 999, size=(500, 3))
    lines = [f"{a},{b / 8},t{c}" for a, b, c in numbers.tolist()]
    file = csv_file.read(write(tmp_path, "\n".join(["a,b,c", *lines])))
    found, odd = file.body.numbers()
    assert found[:, 0].tolist() == numbers[:, 0].tolist()
    assert found[:, 1].tolist() == (numbers[:, 1] / 8).tolist()
    assert odd[2].rows == list(range(500))
    assert odd[2].texts == file.texts("c") == [f"t{c}" for c in numbers[:, 2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "t.csv is empty."),
        ("\n \n", "t.csv is empty."),
        ("a,b\n", "t.csv contains column names but no rows."),
        ("a,b\n1,2\n3\n", "t.csv:3: 1 cell, but the header has 2 columns. Is the line cut off?"),
        ("a,b\n1,2\n3,4,5\n", "t.csv:3: 3 cells, but the header has 2 columns."),
        ('a,b\n"1",2\n3,4,5\n', "t.csv:3: 3 cells, but the header has 2 columns."),
        ('a,b\n1,2\n"x,3\n', "t.csv:3: not valid CSV: unexpected end of data."),
        (b"\x89PNG\0\0\n\n", "t.csv is not a text file."),
        (b"a,b\n1,2\ncaf\x81,3\n", "t.csv:3: neither UTF-8 nor cp1252 text."),
    ],
)
def test_a_file_that_is_no_table_is_named_with_its_line(tmp_path, content, message):
    with pytest.raises(DataError) as caught:
        csv_file.read(write(tmp_path, content)).body.numbers()
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(message)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(UnavailableError, match=r"there is no file .*none\.csv"):
        csv_file.read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        csv_file.read(tmp_path)


def test_a_table_larger_than_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a,b\n" + 100 * "1,2\n")
    monkeypatch.setattr(csv_file, "free_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"in memory it takes at least 1.21 KB, and 1 KB are free"):
        csv_file.read(path)
