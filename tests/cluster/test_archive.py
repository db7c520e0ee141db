from pathlib import Path

import pytest
import yaml

from dlpy.cluster.archive import packed, place_folders, unpacked
from dlpy.cluster.package import folders_of_package, is_packaged, package, run_of_package
from dlpy.runs.directory import Run
from dlpy.storage.atomic import sha256


def test_folders_arrive_with_their_files_and_without_locks() -> None:
    Path("from/folds/01").mkdir(parents=True)
    Path("from/folds/01/fold.json").write_text("{}")
    Path("from/folds/01/.lock").write_text("process 1")
    place_folders(packed(Path("from"), ["folds/01", "folds/02"]), Path("to"), ["folds/01"])
    assert [str(path) for path in Path("to").rglob("*") if path.is_file()] == ["to/folds/01/fold.json"]
    assert [path.name for path in Path("to").iterdir()] == ["folds"]


def test_a_folder_that_arrives_replaces_what_was_there() -> None:
    for root, text in (("from", "new"), ("to", "old")):
        Path(root, "folds/01").mkdir(parents=True)
        Path(root, "folds/01", text).write_text(text)
    place_folders(packed(Path("from"), ["folds/01"]), Path("to"), ["folds/01"])
    assert [path.name for path in Path("to/folds").rglob("*")] == ["01", "new"]


def test_a_damaged_archive_leaves_the_folder_as_it_was() -> None:
    Path("from/folds/01").mkdir(parents=True)
    Path("from/folds/01/large").write_bytes(bytes(20_000))
    Path("to/folds/01").mkdir(parents=True)
    whole = packed(Path("from"), ["folds/01"])
    with pytest.raises(Exception, match="unexpected end of data"):
        place_folders(whole[:5_000], Path("to"), ["folds/01"])
    assert [str(path) for path in Path("to").rglob("*")] == ["to/folds", "to/folds/01"]


def test_an_archive_cannot_write_outside() -> None:
    Path("a").mkdir()
    Path("a/link").symlink_to("/etc")
    with pytest.raises(Exception, match="link"):
        place_folders(packed(Path("a"), ["link"]), Path("to"), ["link"])


def test_the_same_content_is_unpacked_once() -> None:
    Path("a").mkdir()
    Path("a/x").write_text("x")
    first = packed(Path("a"), ["x"])
    Path("a/x").touch()
    assert packed(Path("a"), ["x"]) == first
    assert unpacked(first) == unpacked(first)


def a_run() -> Run:
    Path("data").mkdir()
    Path("data/rows.csv").write_text("a,b\n1,2\n")
    run = Run(Path("runs/one"))
    run.path.mkdir(parents=True)
    data = {"name": "csv", "path": str(Path("data/rows.csv").resolve())}
    run.config.write_text(yaml.safe_dump({"data": data}))
    data = {"source": "file", "description": "rows", "sha256": ""}
    run.write("run.json", {"kind": "kfold", "status": "running", "smoke": False, "data": data})
    (run.path / "plug.py").write_text("")
    (run.path / "predictions.npz").write_text("large")
    return run


def test_a_package_has_the_experiment_its_plug_ins_and_the_files_that_it_names() -> None:
    run = a_run()
    there = run_of_package(package(run))
    assert is_packaged(there)
    assert not is_packaged(run)
    path = Path(yaml.safe_load(there.config.read_text())["data"]["path"])
    assert path.read_text() == "a,b\n1,2\n"
    assert path.is_relative_to(there.path.parent)
    assert sorted(file.name for file in there.path.iterdir()) == ["config.yaml", "plug.py", "run.json"]


def test_what_comes_back_names_the_files_of_the_run_again() -> None:
    run = a_run()
    there = run_of_package(package(run))
    fold = Run(there.path / "folds/01")
    fold.path.mkdir(parents=True)
    fold.config.write_text(there.config.read_text())
    fold.write("run.json", run.read("run.json") | {"config_sha256": {"config.yaml": sha256(fold.config)}})
    place_folders(folders_of_package(there, ["folds/01"]), run.path, ["folds/01"])
    own = Run(run.path / "folds/01")
    assert own.config.read_text() == run.config.read_text()
    assert own.read("run.json")["config_sha256"] == {"config.yaml": sha256(run.config)}
