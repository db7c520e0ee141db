"""Tables as people have them: each oddity as a small file, the rows that should come out, and what is said of it."""

import bz2
import gzip
import json
import lzma
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dlpy.core.errors import DataError
from dlpy.data.tables import column_types, csv_file
from dlpy.data.tables.table_format import TableFormat
from dlpy.datasets.csv import Csv

PLAIN = "x,city,y\n1.5,Rome,10\n2.5,Ålesund,20\n3.5,Rome,30\n"
CASES: dict[str, "Case"] = {}


@dataclass(frozen=True)
class Case:
    """A file, the columns it should be read as, the options that are stated of it, and words of the notes."""

    content: bytes
    expected: dict[str, list] = field(
        default_factory=lambda: {"x": [1.5, 2.5, 3.5], "city": ["Rome", "Ålesund", "Rome"], "y": [10, 20, 30]}
    )
    stated: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    name: str = "t.csv"


def case(key, content, *notes, expected=None, name="t.csv", **stated):
    raw = content.encode() if isinstance(content, str) else content
    given = {} if expected is None else {"expected": expected}
    CASES[key] = Case(raw, stated=stated, notes=notes, name=name, **given)


def packed(content: str, write) -> bytes:
    return write(content.encode())


case("plain", PLAIN)
case("utf-8 with a mark", b"\xef\xbb\xbf" + PLAIN.encode())
case("cp1252", PLAIN.encode("cp1252"), "read with encoding cp1252", encoding="cp1252")
case("utf-16 with a mark", PLAIN.encode("utf-16"), "read with encoding utf-16", encoding="utf-16")
case("utf-16 of the other order", PLAIN.encode("utf-16-le"), encoding="utf-16-le")
case("utf-16 big end first", PLAIN.encode("utf-16-be"), encoding="utf-16-be")
case("semicolons", PLAIN.replace(",", ";"), "delimiter ';'", delimiter=";")
case("tabs", PLAIN.replace(",", "\t"), delimiter="\t")
case("pipes", PLAIN.replace(",", "|"), delimiter="|")
case("blanks", " x   city y\n 1.5 Rome  10\n 2.5 Ålesund 20\n 3.5 Rome 30 \n", delimiter="blanks")
case(
    "a tsv file with commas in texts",
    "a\tb, c\n1\tx, y\n2\tz, w\n",
    expected={"a": [1, 2], "b, c": ["x, y", "z, w"]},
    name="t.tsv",
    delimiter="\t",
)
case("Excel's line about the delimiter", "sep=;\n" + PLAIN.replace(",", ";"), delimiter=";")
case("decimal commas", PLAIN.replace(",", ";").replace(".", ","), "decimal mark ','", delimiter=";", decimal=",")
case("decimal commas in quotes", 'x,y\n"1,5",1\n"2,25",2\n', expected={"x": [1.5, 2.25], "y": [1, 2]}, decimal=",")
case(
    "decimal commas and dots for thousands",
    "x;y\n1.234,5;1.000\n-2,25;2.000\n",
    expected={"x": [1234.5, -2.25], "y": [1000, 2000]},
    delimiter=";",
    decimal=",",
    thousands=".",
)
case(
    "decimal commas without a header",
    "1,5;2,5\n3,5;4,5\n1,5;6,0\n",
    "no header",
    expected={"column_1": [1.5, 3.5, 1.5], "column_2": [2.5, 4.5, 6]},
    delimiter=";",
    decimal=",",
    header=False,
)
case(
    "commas for thousands",
    'x,y\n"1,234.5",1\n"2,000,000",2\n7,3\n',
    "thousands mark ','",
    expected={"x": [1234.5, 2e6, 7], "y": [1, 2, 3]},
    thousands=",",
)
case(
    "spaces for thousands",
    "x;y\n12 345,5;1\n1 234 567,0;2\n7,25;3\n",
    expected={"x": [12345.5, 1234567, 7.25], "y": [1, 2, 3]},
    delimiter=";",
    decimal=",",
    thousands=" ",
)
case(
    "apostrophes for thousands",
    "x,y\n12'345.5,1\n1'234'567,2\n",
    expected={"x": [12345.5, 1234567], "y": [1, 2]},
    thousands="'",
)
case("only 1,234 beside 950", 'x,y\n"1,234",1\n950,2\n', expected={"x": [1234, 950], "y": [1, 2]}, thousands=",")
case(
    "only 1,234 beside 1500",
    "x;y\n1,234;1\n1500;2\n",
    expected={"x": [1.234, 1500], "y": [1, 2]},
    delimiter=";",
    decimal=",",
)
case(
    "only 1,234 in quotes",
    'x,y\n"1,234",1\n"5,678",2\n',
    "'1,234' is read as 1234: set decimal: \",\" if it is a decimal comma",
    expected={"x": [1234, 5678], "y": [1, 2]},
    thousands=",",
)
case(
    "only 1,234 between semicolons",
    "x;y\n1,234;1\n5,678;2\n",
    "'1,234' is read as 1.234: set thousands: \",\" if",
    expected={"x": [1.234, 5.678], "y": [1, 2]},
    delimiter=";",
    decimal=",",
)
case("lists beside decimals", 'x,y\n"1,2",0.5\n"2,3",1.5\n', expected={"x": ["1,2", "2,3"], "y": [0.5, 1.5]})
case(
    "telephone numbers",
    "x,y\n555 123 456,1\n555 987 654,2\n",
    expected={"x": ["555 123 456", "555 987 654"], "y": [1, 2]},
)
case("comments above the header", "# made by a program\n# in 2020\n\n" + PLAIN, "comments after '#'", comment="#")
case("comments with the names last", "# made by numpy\n# x,city,y\n" + PLAIN.partition("\n")[2], comment="#")
case("comments between rows", "# about\n" + PLAIN.replace("3.5", "# the last\n3.5"), comment="#")
case("a column named #", "#,x\n1,5\n2,6\n", expected={"#": [1, 2], "x": [5, 6]})
case(
    "titles above the header",
    "Sales report\nof 2020\n\n" + PLAIN,
    "lines 1 to 3 are above the table: left out",
    skip_lines=3,
)
case(
    "sizes above rows without a header",
    "3,2\n1,2,5.5\n3,4,6.5\n5,6,7.5\n",
    "line 1 is above",
    "no header",
    expected={"column_1": [1, 3, 5], "column_2": [2, 4, 6], "column_3": [5.5, 6.5, 7.5]},
    skip_lines=1,
    header=False,
)
case(
    "no header of numbers",
    "1.5,2\n3.5,4\n",
    "no header: the columns are named column_1 to column_2",
    expected={"column_1": [1.5, 3.5], "column_2": [2, 4]},
    header=False,
)
case(
    "no header of numbers and texts",
    "5.1,a\n4.9,a\n6.1,b\n",
    expected={"column_1": [5.1, 4.9, 6.1], "column_2": ["a", "a", "b"]},
    header=False,
)
case(
    "a header of numbers that count",
    "0,1,2\n5.5,6.5,7.5\n1,2,3\n",
    expected={"0": [5.5, 1], "1": [6.5, 2], "2": [7.5, 3]},
)
case(
    "a header with years",
    "land,1990,1995,2000\nA,1.5,2.5,3.5\nB,4.5,5.5,6.5\n",
    expected={"land": ["A", "B"], "1990": [1.5, 4.5], "1995": [2.5, 5.5], "2000": [3.5, 6.5]},
)
case(
    "pandas' index",
    ",x\n0,5\n1,6\n",
    "column 1 has no name and numbers the rows: it is no feature, unless listed as 'Unnamed: 0'",
    expected={"Unnamed: 0": [0, 1], "x": [5, 6]},
)
case(
    "R's names of rows",
    '"","x"\n"Mazda RX4",5\n"Fiat 128",6\n',
    "column 1 has no name and names the rows",
    expected={"Unnamed: 0": ["Mazda RX4", "Fiat 128"], "x": [5, 6]},
)
case(
    "R's write.table",
    '"mpg" "cyl"\n"Mazda RX4" 21 6\n"Fiat 128" 32.4 4\n"Lotus" 30.4 4\n',
    "names the rows",
    expected={"Unnamed: 0": ["Mazda RX4", "Fiat 128", "Lotus"], "mpg": [21, 32.4, 30.4], "cyl": [6, 4, 4]},
    delimiter="blanks",
)
case(
    "an unnamed column of dates",
    ",x\n2020-01-01,5\n2020-01-02,6\n",
    expected={"Unnamed: 0": ["2020-01-01", "2020-01-02"], "x": [5, 6]},
)
case(
    "the same name twice",
    "x,y,x,x\n1,2,3,4\n5,6,7,8\n",
    "several columns are named 'x': one of them is read as 'x_2'",
    expected={"x": [1, 5], "y": [2, 6], "x_2": [3, 7], "x_3": [4, 8]},
)
case("the same name twice, and its number taken", "x,x,x_2\n1,2,3\n", expected={"x": [1], "x_3": [2], "x_2": [3]})
case(
    "delimiters at the end of lines",
    "x,y,\n1,2,\n3,4,\n",
    "the lines end with delimiters",
    expected={"x": [1, 3], "y": [2, 4]},
)
case(
    "delimiters at the end of rows",
    "x,y\n1,2,\n3,4,\n5,6,\n",
    "the lines end with delimiters",
    expected={"x": [1, 3, 5], "y": [2, 4, 6]},
)
case("a delimiter at the end of the header", "x,y,\n1,2\n3,4\n", expected={"x": [1, 3], "y": [2, 4]})
case(
    "rows of delimiters at the end",
    "x,y\n1,2\n3,4\n,\n,\n",
    "rows without a single value at the end: 2, left out",
    expected={"x": [1, 3], "y": [2, 4]},
)
case("blank lines", PLAIN.replace("\n", "\n\n"))
case("old Macintosh line ends", PLAIN.replace("\n", "\r"))
case("quotes with newlines", 'x,y\n"a\nb, ""c""",1\nd,2\n', expected={"x": ['a\nb, "c"', "d"], "y": [1, 2]})
case("quotes around every cell", '"x","city","y"\n"1.5","Rome","10"\n"2.5","Ålesund","20"\n"3.5","Rome","30"\n')
case(
    "quotes within quotes after a backslash",
    'x,y\n"a \\"b\\" c",1\nd,2\n',
    expected={"x": ['a "b" c', "d"], "y": [1, 2]},
)
case("spaces around cells", "x , city,  y\n 1.5, Rome, 10\n 2.5, Ålesund, 20\n 3.5 ,Rome ,30\n")
case("gzip", packed(PLAIN, gzip.compress), name="t.csv.gz")
case("bzip2", packed(PLAIN, bz2.compress), name="t.csv.bz2")
case("xz", packed(PLAIN, lzma.compress), name="t.csv.xz")
case("packed under another name", packed(PLAIN, gzip.compress))
case(
    "JSON lines",
    '{"x": 1.5, "city": "Rome", "y": 10}\n{"y": 20, "x": 2.5, "city": "Ålesund"}\n{"x": 3.5, "city": "Rome", "y": 30}\n',
    name="t.jsonl",
)
case(
    "JSON lines with nulls and truths",
    '{"x": null, "y": true}\n{"x": 2, "y": false}\n',
    expected={"x": [None, 2], "y": ["true", "false"]},
    name="t.jsonl",
)


def write(folder: Path, key: str) -> Path:
    path = folder / CASES[key].name
    path.write_bytes(CASES[key].content)
    return path


def columns(file: csv_file.CsvFile) -> dict[str, list]:
    """Return each column: numbers, with None in missing cells, or texts."""
    found = column_types.columns_of(file)
    return {
        name: [None if value != value else value for value in column.values.tolist()]
        if column.is_numeric
        else file.texts(name)
        for name, column in found.items()
    }


@pytest.mark.parametrize("key", CASES)
def test_an_odd_file_is_read_as_it_is_and_its_form_is_said(tmp_path, key):
    file = csv_file.read(write(tmp_path, key))
    assert columns(file) == CASES[key].expected
    assert file.format.stated() == CASES[key].stated
    said = "\n".join(file.notes)
    assert [words for words in CASES[key].notes if words not in said] == []
    assert bool(said) or not CASES[key].stated


@pytest.mark.parametrize("key", CASES)
def test_a_file_is_read_in_the_same_way_in_the_form_that_was_found(tmp_path, key):
    path = write(tmp_path, key)
    found = csv_file.read(path)
    again = csv_file.read(path, TableFormat(**found.format.stated()))
    assert (columns(again), again.format, again.index) == (columns(found), found.format, found.index)


NUMBERS = [f"{10 + i},{i % 7}.5,{'ab'[i % 2]}" for i in range(12)]
FORMS = {
    "plain": ("x,z,y\n" + "\n".join(NUMBERS) + "\n").encode(),
    "semicolons and decimal commas": ("x;z;y\n" + "\n".join(NUMBERS).replace(",", ";").replace(".", ",")).encode(),
    "utf-16 and tabs": ("x\tz\ty\n" + "\n".join(NUMBERS).replace(",", "\t")).encode("utf-16"),
    "an index": (",x,z,y\n" + "\n".join(f"{i},{line}" for i, line in enumerate(NUMBERS))).encode(),
    "titles": ("Report\n\nx,z,y\n" + "\n".join(NUMBERS)).encode(),
    "packed": gzip.compress(("x,z,y\n" + "\n".join(NUMBERS)).encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_csv_trains_on_and_predicts_odd_files_alike(tmp_path, form):
    path = tmp_path / "t.csv"
    path.write_bytes(FORMS[form])
    dataset = Csv(path=str(path), target="y")
    loaded = dataset.load()
    assert loaded.resolved["numeric"] == ["x", "z"]
    assert loaded.train.x.numeric.tolist() == [[10 + i, i % 7 + 0.5] for i in range(12)]
    assert loaded.task.output.classes == ("a", "b")
    assert bool(loaded.notes) == (form not in ("plain", "packed"))
    run = Csv.model_validate(dataset.model_copy(update=loaded.resolved).model_dump())
    assert run.read(path, loaded.task).x.numeric.tolist() == loaded.train.x.numeric.tolist()


def test_a_run_reads_other_forms_but_keeps_its_marks(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(FORMS["semicolons and decimal commas"])
    dataset = Csv(path=str(path), target="y")
    loaded = dataset.load()
    run = dataset.model_copy(update=loaded.resolved)
    assert (run.delimiter, run.decimal) == (";", ",")
    path.write_bytes("z\tx\n1,234\t7\n".encode("utf-16"))
    assert run.read(path, loaded.task).x.numeric.tolist() == [[7, 1.234]]
    plain = Csv(path=str(path), target="y", numeric=["x", "z"], categorical=[])
    path.write_text("x;z\n7;1,234\n")
    with pytest.raises(DataError, match=r"t\.csv:2: column 'z': '1,234' is not a number"):
        plain.read(path, loaded.task)
    path.write_text("7,1.5\n8,2.5\n")
    with pytest.raises(DataError, match=r"no column 'x'\. Its first line has numbers: add a header line"):
        plain.read(path, loaded.task)


@pytest.mark.parametrize("pattern", ["parts", "parts/*.csv", "parts/[ab].csv"])
def test_parts_are_read_in_order_and_named_in_messages(tmp_path, pattern):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "b.csv").write_text("x,y\n3,c\n4,d\n")
    (parts / "a.csv").write_text("x,y\n1,a\n2,b\n")
    file = csv_file.read(tmp_path / pattern)
    assert columns(file) == {"x": [1, 2, 3, 4], "y": ["a", "b", "c", "d"]}
    assert [file.where(row, "x") for row in (1, 2)] == ["a.csv:3: column 'x'", "b.csv:2: column 'x'"]
    assert file.notes == (f"{Path(pattern).name}: 2 files",)
    (parts / "b.csv").write_text("x,z\n3,c\n")
    with pytest.raises(DataError, match=r"b\.csv: its columns are x, z; those of a\.csv are x, y\."):
        csv_file.read(tmp_path / pattern)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n3,\0\n", "t.csv is not a text file."),
        (
            "a,b\n1,слово\n2,другое\n".encode("cp1251"),
            "t.csv:2: neither UTF-8 nor Western European text (cp1252). Set data.encoding",
        ),
        ("a,b\n1,Ålesund\n2,Århus\n".encode() + b"3,\xff\n", "t.csv:4: not UTF-8 text, as the rest of the file is."),
        ("a,b\n1,東京\n2,大阪\n".encode("shift_jis"), "t.csv:2: neither UTF-8 nor"),
        (b'{"a": 1}\n{"b": 1}\n', "t.csv:2: the object lacks 'a'. Write null"),
        (b'{"a": 1}\n{"a": [1, 2]}\n', "t.csv:2: 'a' holds [1, 2]; a table needs single values."),
        (b'{"a": 1}\n3\n', "t.csv:2: expected a JSON object"),
        (b"\xd0\xcf\x11\xe0 old", "t.csv is an Excel workbook of before 2007: save it as .xlsx or CSV."),
        (b"\x1f\x8bnothing", "t.csv is damaged and cannot be unpacked"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-12], "t.csv is damaged and cannot be unpacked"),
        (b"PAR1 nothing", "t.csv is no readable Parquet file"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        csv_file.read(tmp_path / "t.csv")
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(message)


def test_an_encoding_that_is_given_is_used(tmp_path):
    (tmp_path / "t.csv").write_bytes("a,b\n1,слово\n2,другое\n".encode("cp1251"))
    file = csv_file.read(tmp_path / "t.csv", TableFormat(encoding="cp1251"))
    assert file.texts("b") == ["слово", "другое"]
    with pytest.raises(DataError, match=r"t\.csv:2: not ascii text\. Remove data\.encoding to have it found"):
        csv_file.read(tmp_path / "t.csv", TableFormat(encoding="ascii"))


def test_a_zip_archive_holds_one_table(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/t.csv", PLAIN)
        archive.writestr("__MACOSX/._t.csv", "x")
        archive.writestr("readme.md", "about")
    assert columns(csv_file.read(path)) == CASES["plain"].expected
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("u.csv", PLAIN)
    with pytest.raises(DataError, match=r"t\.zip holds 2 tables \(data/t\.csv, u\.csv\); expected one"):
        csv_file.read(path)


def test_files_that_unpack_without_end_are_refused(tmp_path):
    bomb = b"x,y\n" + b"1,2\n" * (20 << 20)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(DataError, match=r"would unpack to more than 67,108,864 bytes\. If that is right, unpack it"):
        csv_file.read(tmp_path / "t.csv.gz")
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", bomb)
    with pytest.raises(DataError, match="would unpack to more than"):
        csv_file.read(tmp_path / "t.zip")


def test_numbers_of_any_length_in_quotes_are_the_floats_that_python_reads(tmp_path):
    texts = ["0.12345678901234567", "123456789012345678", "1.5", "-2.25"]
    (tmp_path / "t.csv").write_text('"x"\n' + "\n".join(f'"{text}"' for text in texts) + "\n")
    assert columns(csv_file.read(tmp_path / "t.csv"))["x"] == [float(text) for text in texts]
    assert json.loads("[1]") == [1]
