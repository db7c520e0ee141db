"""`dlpy new` for files, folders, columns, classes and cells whose names try to be more than names."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from hostile import EVIL, FOLDER_NAMES, NAMES, seen
from PIL import Image

from dlpy.cli.new import named_after
from dlpy.core.errors import ConfigError
from dlpy.experiment.experiment import load
from dlpy.experiment.yaml_reader import to_yaml, values_of
from dlpy.starter.overview import Draft
from dlpy.starter.wording import Item, Option, experiment_file

BLOCKS = ["callbacks", "data", "model", "training"]
TEXT = "It was a dark and stormy night; the rain fell in torrents. " * 30


def check(bench, source: Path, *options: str) -> dict:
    """Let `dlpy new` write a file, require that it says what was found and nothing else, and return its data block."""
    Path("evil.py").write_text(EVIL)
    Path("e.yaml").unlink(missing_ok=True)
    status, out, err = bench.run("new", source, "-o", "e.yaml", *options)
    assert (status, err, seen(out)) == (0, "", []), source
    text = Path("e.yaml").read_text()
    assert seen(text) == []
    assert all(line.startswith("#") or line[0] in "dmtc " for line in text.splitlines())
    found = yaml.safe_load(text)
    assert sorted(found) == BLOCKS
    assert load(Path("e.yaml"))[0].plugins == []
    assert not Path("ran").exists()
    return found["data"]


def write(path: Path, columns: list[str], rows: list[list[object]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.mark.parametrize("name", FOLDER_NAMES)
def test_the_name_of_a_file_or_folder_is_a_value(bench, name: str) -> None:
    rows = [[i, i % 7, "ab"[i % 2]] for i in range(40)]
    table = write(Path("d", f"{name}.csv"), ["x", "z", "y"], rows)
    assert check(bench, table)["path"] == f"d/{name}.csv"
    Path("d", f"{name}.txt").write_text(TEXT)
    assert check(bench, Path("d", f"{name}.txt"))["path"] == f"d/{name}.txt"
    np.savez(Path("d", f"{name}.npz"), x=np.ones((60, 4), np.float32), y=np.arange(60) % 3)
    assert check(bench, Path("d", f"{name}.npz"))["path"] == f"d/{name}.npz"
    for label in ("a", "b"):
        folder = Path("d", name, label)
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text("one")
    assert check(bench, Path("d", name))["path"] == f"d/{name}"


# what is blank or stands for a missing cell names no class; spaces around a cell are no part of it
CELLS = [name.strip().replace("\r", "\n") for name in NAMES if name.strip() not in ("", "null")]


@pytest.mark.parametrize("name", CELLS)
def test_columns_classes_and_cells_are_values(bench, name: str) -> None:
    rows = [[i, f"{name}{i % 3}", f"{name} {i}", name if i % 2 else "b"] for i in range(60)]
    data = check(bench, write(Path("t.csv"), ["n", "kind", f"id {name}", name], rows), f"--target={name}")
    assert data["target"] == name
    texts = [given["text"] for given in data.get("inputs", {}).values() if "text" in given]  # where it looks like prose
    assert f"id {name}" in [*data.get("ignore", []), *texts]


@pytest.mark.parametrize("name", [name for name in FOLDER_NAMES if name.strip() == name and name != "~"])
def test_classes_that_are_folders_are_told_in_comments(bench, name: str) -> None:
    for label in (name, "other"):
        folder = Path("d", label)
        folder.mkdir(parents=True)
        Image.new("RGB", (20, 20)).save(folder / f"{name[:40]}.png")
    assert check(bench, Path("d"))["path"] == "d"


def test_a_file_in_the_current_folder_gives_its_name_without_what_cannot_be_seen(bench) -> None:
    write(Path("y\nplugins: [evil.py]\n#.csv"), ["x", "y"], [[i, i / 3] for i in range(30)])
    Path("evil.py").write_text(EVIL)
    assert bench.run("new", "y\nplugins: [evil.py]\n#.csv")[0] == 0
    assert Path("y-plugins: [evil.py]-#.yaml").is_file()
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("source", "name"), [("a.csv.gz", "a"), ("my.data.csv", "my.data"), ("parts/*.csv", "parts"), ("t.zip", "t")]
)
def test_packed_tables_and_patterns_are_named_without_their_packing(source: str, name: str) -> None:
    assert named_after(source) == Path(f"{name}.yaml")


@pytest.mark.parametrize(
    ("source", "name"), [(".", "here"), ("../here", "here"), ("/", "experiment"), ("x/..", "here")]
)
def test_a_folder_without_a_name_is_called_by_the_one_it_has(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, source: str, name: str
) -> None:
    Path("here", "x").mkdir(parents=True)
    monkeypatch.chdir("here")
    assert named_after(source) == Path(f"{name}.yaml")


def test_a_name_that_yaml_cannot_hold_is_refused(bench) -> None:
    path = write(Path("d", "caf\udce9.csv"), ["x", "y"], [[i, i / 3] for i in range(30)])
    status, out, err = bench.run("new", path, "-o", "e.yaml")
    assert (status, out) == (2, "")
    assert "error: " in err
    assert not Path("e.yaml").exists()


def test_what_new_wrote_runs_no_plug_in_even_if_it_would_name_one(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlpy.starter import starter

    Path("evil.py").write_text(EVIL)
    draft = Draft("plugins: [evil.py]\ndata: mnist\nmodel: dense\n")
    monkeypatch.setattr(starter, "experiment_for", lambda *_: draft)
    status, _, err = bench.run("new", "mnist")
    assert status == 2
    assert "evil.py was not loaded" in err
    assert not Path("ran").exists()
    assert not Path("mnist.yaml").exists()


def test_a_file_that_would_say_something_else_is_not_written() -> None:
    with pytest.raises(ConfigError, match="cannot be written: a file, folder or column"):
        experiment_file(["x"], Path("x.yaml"), {"data": [Option("path", 1), Option("path", 2)]})
    with pytest.raises(ConfigError, match="a name that YAML cannot represent"):
        experiment_file(["x"], Path("x.yaml"), {"data": [Option("a", "\udce9")], "model": [Item("x")]})


def test_what_cannot_be_seen_is_spelled_out_in_every_yaml_file() -> None:
    text = to_yaml({"a": "x\u202ey", "b": ["\u200b", "é"]})
    assert text == 'a: "x\\u202Ey"\nb:\n- "\\u200B"\n- é\n'
    assert values_of(text) == {"a": "x\u202ey", "b": ["\u200b", "é"]}
