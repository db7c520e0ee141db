"""`dlpy new` for tables in other forms than plain CSV."""

import gzip
from pathlib import Path

import pytest

from dlpy.cli.main import main
from dlpy.experiment.experiment import load

HEADER = "x,z,y\n"
ROWS = [f"{i}.5,{(i * 7) % 30},{'ab'[i % 2]}\n" for i in range(60)]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, content):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_what_is_not_plain_is_written_and_said(capsys):
    content = "Umsätze\n\n" + (HEADER + "".join(ROWS)).replace(",", ";").replace(".", ",")
    write("t.csv", content.encode("cp1252"))
    assert main(["new", "t.csv"]) == 0
    said = capsys.readouterr().out
    assert "t.csv: read with encoding cp1252, delimiter ';', decimal mark ','\n" in said
    assert "t.csv: lines 1 to 2 are above the table: left out" in said
    data = load(Path("t.yaml"))[0].data
    assert (data.encoding, data.delimiter, data.decimal, data.skip_lines) == ("cp1252", ";", ",", 2)
    assert (data.thousands, data.header, data.comment) == ("auto", "auto", "auto")
    assert data.load().train.x.numeric_names == ("x", "z")


def test_a_plain_file_has_no_options_of_its_form(capsys):
    write("t.csv", HEADER + "".join(ROWS))
    assert main(["new", "t.csv"]) == 0
    assert not {"encoding", "delimiter", "decimal", "header"} & set(
        Path("t.yaml").read_text().replace(":", " ").split()
    )


@pytest.mark.parametrize("source", ["parts", "parts/*.csv", "t.csv.gz"])
def test_parts_and_packed_tables_make_an_experiment(capsys, source):
    write("parts/a.csv", HEADER + "".join(ROWS[:30]))
    write("parts/b.csv", HEADER + "".join(ROWS[30:]))
    write("t.csv.gz", gzip.compress((HEADER + "".join(ROWS)).encode()))
    assert main(["new", source, "-o", "e.yaml"]) == 0
    dataset = load(Path("e.yaml"))[0].data
    loaded = dataset.load()
    assert len(loaded.train) + len(loaded.test) == 60
