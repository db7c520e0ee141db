"""Runs in object storage: made here, put there whole, fetched where they are opened."""

import json
import os
import platform
import shutil
from datetime import datetime
from pathlib import Path

import fsspec
import pytest

from dlpy.core.errors import RunError, StorageError, UnavailableError
from dlpy.runs import mirror
from dlpy.runs.directory import Run
from dlpy.runs.lookup import all_runs, create_run, find_run
from dlpy.runs.mirror import folder_of_runs, put_back
from dlpy.storage.atomic import beside
from dlpy.storage.objects import Storage, Stored
from dlpy.training.record import Options, claim

pytestmark = pytest.mark.slow
ADDRESS = "memory://bucket/runs"
DATA = {"source": "file", "description": "rows", "sha256": ""}
EXPERIMENT = {"data": {"name": "blobs"}, "model": {"name": "dense", "units": [4]}, "training": {"epochs": 2}}


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mirror, "_addresses", {})
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


def on_another_machine(monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    monkeypatch.setenv("DLPY_CACHE", str(Path(f"machine{number}").absolute()))
    mirror._addresses.clear()


def test_a_path_is_a_folder_and_an_address_one_in_the_cache() -> None:
    assert folder_of_runs("runs/mine") == Path("runs/mine")
    assert folder_of_runs(ADDRESS) == folder_of_runs(f"{ADDRESS}/")
    assert folder_of_runs(ADDRESS).is_relative_to(Path("cache").absolute())


def test_a_run_is_put_whole_and_used_on_another_machine(bench, memory, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, err = bench.run("train", bench.experiment(**EXPERIMENT), "--runs", ADDRESS)
    (folder,) = memory.ls("/bucket/runs", detail=False)
    name = folder.rpartition("/")[2]
    assert (status, err) == (0, f"run: {ADDRESS}/{name}\n")
    here = {
        path.relative_to(folder_of_runs(ADDRESS) / name).as_posix(): path
        for path in (folder_of_runs(ADDRESS) / name).rglob("*")
    }
    plain = {
        one
        for one, path in here.items()
        if path.is_file() and "/." not in f"/{one}" and not one.startswith(("checkpoints/best/", "checkpoints/last/"))
    }
    assert {path.removeprefix(f"{folder}/") for path in memory.find(folder)} == plain | {"links.json"}

    on_another_machine(monkeypatch)
    listed = json.loads(bench.run("runs", "--runs", ADDRESS, "--json")[1])
    assert [(run["id"], run["status"]) for run in listed] == [(name, "completed")]
    assert not (folder_of_runs(ADDRESS) / name / "checkpoints").exists()  # a list needs no weights
    status, out, err = bench.run("evaluate", "latest", "--split", "test", "--runs", ADDRESS, "--json")
    assert (status, err) == (0, f"run: {ADDRESS}/{name}\n")  # with its evaluation
    assert json.loads(memory.cat(f"{folder}/evaluation.json"))["test"]["scores"] == json.loads(out)["test"]["scores"]
    assert json.loads(memory.cat(f"{folder}/run.json"))["test_looks"] == 1

    on_another_machine(monkeypatch, 3)
    found = find_run(f"{ADDRESS}/{name}")
    assert (found.checkpoints / "best").is_symlink()
    assert "test" in found.evaluation()
    assert bench.run("report", f"{ADDRESS}/{name}")[0] == 0


def run_in(folder: Path, name: str, status: str = "completed") -> Run:
    run = Run(folder / f"20260101-00000{name}-x")
    run.path.mkdir(parents=True)
    (run.path / "weights.npz").write_bytes(b"1")
    run.write("run.json", {"kind": "train", "status": status, "smoke": False, "data": DATA})
    return run


def test_a_run_is_put_when_it_has_ended_and_again_when_it_changes(memory) -> None:
    folder = folder_of_runs(ADDRESS)
    run_in(folder, "1", "running")
    run = run_in(folder, "2")
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    assert put_back() == []
    run.update(status="failed")
    (run.path / "weights.npz").unlink()
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    assert memory.find(f"/bucket/runs/{run.id}") == [f"/bucket/runs/{run.id}/run.json"]
    assert json.loads(memory.cat(f"/bucket/runs/{run.id}/run.json"))["status"] == "failed"


def test_run_json_comes_last(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run, names = run_in(folder_of_runs(ADDRESS), "1"), []
    monkeypatch.setattr(Storage, "put", lambda self, path, name: names.append(name))
    monkeypatch.setattr(Storage, "files", lambda self: {})
    (run.path / "z.txt").write_text("")
    put_back()
    assert names == ["weights.npz", "z.txt", "run.json"]


def test_what_changed_there_is_fetched_and_what_was_removed_there_is_gone(memory, monkeypatch) -> None:
    one, two = run_in(folder_of_runs(ADDRESS), "1"), run_in(folder_of_runs(ADDRESS), "2")
    put_back()
    memory.pipe(f"/bucket/runs/{one.id}/weights.npz", b"22")
    memory.rm(f"/bucket/runs/{two.id}", recursive=True)
    assert [run.id for run in all_runs(folder_of_runs(ADDRESS))] == [one.id]
    assert (find_run("latest", folder_of_runs(ADDRESS)).path / "weights.npz").read_bytes() == b"22"


def test_a_storage_that_fails_keeps_the_run_here(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    with monkeypatch.context() as broken:
        broken.setattr(type(memory), "put_file", lambda *given, **options: (_ for _ in ()).throw(OSError("it broke")))
        with pytest.raises(
            StorageError, match=f"run {run.id} is not in {ADDRESS}: .*it broke; it is kept in "
        ) as error:
            put_back()
    assert "\n" not in str(error.value)
    assert put_back() == [f"{ADDRESS}/{run.id}"]


def test_a_storage_that_is_wrong_is_one_line_before_training(bench) -> None:
    status, _, err = bench.run("train", bench.experiment(**EXPERIMENT), "--runs", "memry://bucket/runs")
    assert (status, err.count("\n")) == (2, 1)
    assert bench.run("runs", "--runs", "s3://")[::2] == (
        2,
        "error: s3://: expected an address such as s3://bucket/folder.\n",
    )
    assert err.startswith("error: memry://bucket/runs: unknown scheme 'memry'. Did you mean 'memory'?")


def test_a_stranger_s_file_is_not_written_elsewhere(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    on_another_machine(monkeypatch)
    memory.store[f"/bucket/runs/{run.id}/../../evil"] = memory.store[f"/bucket/runs/{run.id}/weights.npz"]
    monkeypatch.setattr(
        Storage, "files", lambda self, files=Storage.files: files(self) | {"../evil": files(self)["run.json"]}
    )
    with pytest.raises(Exception, match="was not written by dlpy alone"):
        find_run("latest", folder_of_runs(ADDRESS))
    assert not list(Path().rglob("evil"))


def cut_short(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let Ctrl-C arrive when a file is fetched."""

    def get(self: Storage, stored: Stored, path: Path, get=Storage.get) -> None:
        if path.name == name:
            raise KeyboardInterrupt
        get(self, stored, path)

    monkeypatch.setattr(Storage, "get", get)


def test_a_list_that_is_cut_short_leaves_no_run_that_lacks_files(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    run.write("summary.json", {"parameters": 1})
    put_back()
    on_another_machine(monkeypatch)
    with monkeypatch.context() as cut:
        cut_short(cut, "summary.json")
        with pytest.raises(KeyboardInterrupt):
            all_runs(folder_of_runs(ADDRESS))
    assert [one.id for one in all_runs(folder_of_runs(ADDRESS))] == [run.id]
    found = find_run("latest", folder_of_runs(ADDRESS))
    assert sorted(path.name for path in found.path.glob("[!.]*")) == ["run.json", "summary.json", "weights.npz"]


def test_a_run_that_is_still_arriving_is_in_no_list_and_is_not_put_there(memory, monkeypatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    on_another_machine(monkeypatch)
    seen = []
    with monkeypatch.context() as slow:

        def get(self: Storage, stored: Stored, path: Path, get=Storage.get) -> None:
            get(self, stored, path)
            seen.append(sorted(one.name for one in folder_of_runs(ADDRESS).glob("*/run.json")))
            seen.append(put_back())

        slow.setattr(Storage, "get", get)
        find_run(run.id, folder_of_runs(ADDRESS))
    assert seen[::2] == [[], ["run.json"], ["run.json"]]  # listed, and then fetched whole
    assert seen[1::2] == [[], [], []]


def test_what_is_gone_already_need_not_be_removed_there(memory) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    (run.path / "weights.npz").unlink()
    memory.rm(f"/bucket/runs/{run.id}/weights.npz")  # as a command did that was killed before it could say so
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    assert memory.find(f"/bucket/runs/{run.id}") == [f"/bucket/runs/{run.id}/run.json"]


def test_what_a_killed_process_left_half_written_is_not_put_there(memory) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    abandoned = beside(run.path / "checkpoints" / "epoch-0001")
    abandoned.mkdir(parents=True)
    (abandoned / "weights.npz").write_bytes(b"half")
    put_back()
    assert sorted(memory.find(f"/bucket/runs/{run.id}")) == [
        f"/bucket/runs/{run.id}/{name}" for name in ("run.json", "weights.npz")
    ]


@pytest.mark.parametrize(
    ("name", "target"), [("weights", "/etc"), ("checkpoints/best", "../../other"), ("../x", "kept")]
)
def test_a_stranger_s_link_is_not_made(memory, monkeypatch: pytest.MonkeyPatch, name: str, target: str) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    on_another_machine(monkeypatch)
    memory.pipe(f"/bucket/runs/{run.id}/links.json", json.dumps({name: target}).encode())
    with pytest.raises(RunError, match=f"was not written by dlpy alone: {name} is a link"):
        find_run("latest", folder_of_runs(ADDRESS))
    assert not [path for path in Path().rglob("*") if path.is_symlink()]


def test_a_run_of_which_a_part_of_a_file_arrives_is_not_taken_for_whole(memory, monkeypatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    on_another_machine(monkeypatch)
    assert [one.id for one in all_runs(folder_of_runs(ADDRESS))] == [run.id]
    files = Storage.files
    longer = {"weights.npz": Stored(f"/bucket/runs/{run.id}/weights.npz", 2, "")}  # than what can be read
    with monkeypatch.context() as short:
        short.setattr(Storage, "files", lambda self: files(self) | longer)
        with pytest.raises(UnavailableError, match="1 of 2 bytes arrived"):
            find_run(run.id, folder_of_runs(ADDRESS))
    assert (find_run(run.id, folder_of_runs(ADDRESS)).path / "weights.npz").read_bytes() == b"1"


NOW = datetime(2026, 1, 2, 3, 4, 5)


def test_machines_that_start_in_the_same_second_get_names_of_their_own(memory, monkeypatch) -> None:
    found = []
    for number in (2, 3, 4):
        on_another_machine(monkeypatch, number)
        found.append(create_run(folder_of_runs(ADDRESS), "x", NOW).id)
    assert found == ["20260102-030405-x", "20260102-030405-x-2", "20260102-030405-x-3"]
    assert [path.name for path in folder_of_runs(ADDRESS).iterdir()] == found[2:]
    text = memory.cat(f"/bucket/runs/{found[0]}/.reserved").decode()
    assert text.startswith(f"process {os.getpid()} on host {platform.node()} since ")


def test_a_name_is_reserved_until_the_run_is_there(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(folder_of_runs(ADDRESS), "x", NOW)
    run.write("run.json", {"kind": "train", "status": "completed", "smoke": False, "data": DATA})
    put_back()
    assert memory.find(f"/bucket/runs/{run.id}") == [f"/bucket/runs/{run.id}/run.json"]
    on_another_machine(monkeypatch)
    assert create_run(folder_of_runs(ADDRESS), "x", NOW).id == f"{run.id}-2"


def test_a_name_is_given_back_if_nothing_is_trained(memory) -> None:
    def fail(run: Run) -> None:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        claim(Options(folder_of_runs(ADDRESS), "train"), "x", fail)
    assert memory.find("/bucket/runs") == []


def both_change(run: Run, memory, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Change a run on another machine, and then here; return the other one."""
    put_back()
    here = os.environ["DLPY_CACHE"]
    on_another_machine(monkeypatch)
    other = find_run(run.id, folder_of_runs(ADDRESS))
    other.update(status="failed")
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    monkeypatch.setenv("DLPY_CACHE", here)
    mirror._addresses.clear()
    assert folder_of_runs(ADDRESS) == run.path.parent
    (run.path / "weights.npz").write_bytes(b"mine")
    return other


def test_what_two_machines_changed_is_not_mixed(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    both_change(run, memory, monkeypatch)
    later = run_in(folder_of_runs(ADDRESS), "2")
    before = {name: memory.cat(name) for name in memory.find(f"/bucket/runs/{run.id}")}
    for _ in range(2):
        with pytest.raises(StorageError) as error:
            put_back()
        assert str(error.value) == (
            f"run {run.id} is not in {ADDRESS}: it was changed there since it was copied here, and one of the two has to "
            f"be removed; it is kept in {run.path}, and the next command with --runs {ADDRESS} tries again."
        )
    assert {name: memory.cat(name) for name in memory.find(f"/bucket/runs/{run.id}")} == before
    assert memory.exists(f"/bucket/runs/{later.id}/run.json")  # others are put there all the same
    assert (run.path / "weights.npz").read_bytes() == b"mine"

    memory.rm(f"/bucket/runs/{run.id}", recursive=True)
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    assert sorted(memory.find(f"/bucket/runs/{run.id}")) == sorted(before)
    assert memory.cat(f"/bucket/runs/{run.id}/weights.npz") == b"mine"


def test_of_what_two_machines_changed_one_can_be_removed_here(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    both_change(run, memory, monkeypatch)
    shutil.rmtree(run.path)
    assert put_back() == []
    assert find_run(run.id, folder_of_runs(ADDRESS)).record().status == "failed"


def test_a_run_that_was_put_in_part_is_completed(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    put_back()
    run.update(status="failed")
    for name in ("weights.npz", "another.npz"):
        (run.path / name).write_bytes(b"new")
    with monkeypatch.context() as broken:
        put = Storage.put

        def cut(self: Storage, path: Path, name: str) -> None:
            put(self, path, name)
            if name == "weights.npz":
                raise KeyboardInterrupt

        broken.setattr(Storage, "put", cut)
        with pytest.raises(KeyboardInterrupt):
            put_back()
    assert put_back() == [f"{ADDRESS}/{run.id}"]
    assert {name.rpartition("/")[2]: memory.cat(name) for name in memory.find(f"/bucket/runs/{run.id}")} == {
        "run.json": run.path.joinpath("run.json").read_bytes(),
        "weights.npz": b"new",
        "another.npz": b"new",
    }


def test_another_run_of_the_same_name_is_not_replaced(memory) -> None:
    run = run_in(folder_of_runs(ADDRESS), "1")
    memory.pipe(f"/bucket/runs/{run.id}/run.json", b"another")
    with pytest.raises(StorageError, match="another run has its name there"):
        put_back()
    assert memory.find(f"/bucket/runs/{run.id}") == [f"/bucket/runs/{run.id}/run.json"]
    assert memory.cat(f"/bucket/runs/{run.id}/run.json") == b"another"
