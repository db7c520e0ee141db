"""Remote files: what is copied, when it is copied again, and one line where that fails."""

import threading
from pathlib import Path

import fsspec
import numpy as np
import pytest

from dlpy.core.errors import ConfigError, DataError, SetupError, StorageError, UnavailableError
from dlpy.storage import fetched as copies
from dlpy.storage import objects
from dlpy.storage.cache import own_cache
from dlpy.storage.fetched import fetched, kept_copy
from dlpy.storage.objects import Storage, Stored, is_remote


@pytest.fixture(autouse=True)
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/table.csv", True),
        ("memory://x", True),
        ("table.csv", False),
        ("/data/table.csv", False),
        ("C:/table.csv", False),
        ("run:20260101-000000-x", False),
        ("s3://", False),
        ("", False),
    ],
)
def test_an_address_has_a_scheme(text: str, expected: bool) -> None:
    assert is_remote(text) is expected


def test_a_file_is_copied_once_for_each_version(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    got = []
    monkeypatch.setattr(Storage, "get", lambda *given, get=Storage.get: (got.append(given[1].path), get(*given)))
    address = "memory://bucket/table.csv"
    assert kept_copy(address) is None
    memory.pipe("/bucket/table.csv", b"x,y\n1,2\n")
    first = fetched(address)
    assert (first.name, first.read_bytes(), fetched(address)) == ("table.csv", b"x,y\n1,2\n", first)
    assert got == ["/bucket/table.csv"]
    memory.pipe("/bucket/table.csv", b"x,y\n3,4\n")
    second = fetched(address)
    assert (second.name, second.read_bytes()) == ("table.csv", b"x,y\n3,4\n")
    assert second != first
    memory.rm("/bucket/table.csv")
    assert kept_copy(address) in (first, second)


def test_a_name_that_leads_out_of_the_folder_is_refused(memory) -> None:
    memory.store["/bucket/photos/../../evil"] = memory.open("/bucket/photos/1.png", "wb")
    memory.pipe("/bucket/photos/2.png", b"a")
    with pytest.raises(DataError, match="would leave the folder photos"):
        fetched("memory://bucket/photos")


def test_a_file_of_which_a_part_arrives_is_refused(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/bucket/table.csv", b"x")
    monkeypatch.setattr(Storage, "files", lambda self: {"": Stored("/bucket/table.csv", 8, "")})
    with pytest.raises(UnavailableError, match="1 of 8 bytes arrived"):
        fetched("memory://bucket/table.csv")
    assert kept_copy("memory://bucket/table.csv") is None


def test_a_folder_is_copied_with_its_folders(memory) -> None:
    memory.pipe({"/bucket/photos/cats/1.png": b"a", "/bucket/photos/dogs/1.png": b"b"})
    folder = fetched("memory://bucket/photos/")
    assert folder.name == "photos"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}
    assert found == {"cats/1.png": b"a", "dogs/1.png": b"b"}


def test_a_download_that_fails_leaves_nothing(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe({"/bucket/photos/1.png": b"a", "/bucket/photos/2.png": b"b"})

    def get(self: Storage, stored, path: Path, told, get=Storage.get) -> None:
        if path.name == "2.png":
            raise UnavailableError("the connection broke.")
        get(self, stored, path, told)

    monkeypatch.setattr(Storage, "get", get)
    with pytest.raises(UnavailableError, match="the connection broke"):
        fetched("memory://bucket/photos")
    assert kept_copy("memory://bucket/photos") is None
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("address", "kind", "line"),
    [
        ("memory://bucket/none.csv", UnavailableError, "there is nothing at memory://bucket/none.csv."),
        ("s4://bucket/table.csv", ConfigError, "s4://bucket/table.csv: unknown scheme 's4'."),
        (
            "S3://bucket/table.csv",
            ConfigError,
            "S3://bucket/table.csv: expected an address such as s3://bucket/folder.",
        ),
        ("memry://bucket/table.csv", ConfigError, "Did you mean 'memory'?"),
        ("s3://bucket/table.csv", UnavailableError, "s3://bucket/table.csv: DLPY_OFFLINE forbids the network."),
    ],
)
def test_what_is_wrong_is_one_line(address: str, kind: type[Exception], line: str) -> None:
    with pytest.raises(kind) as error:
        fetched(address)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


class Forbidden(Exception):
    status = 403


@pytest.mark.parametrize("cause", [ConnectionRefusedError("connection refused"), Forbidden("forbidden")])
def test_a_server_that_does_not_answer_is_not_an_empty_address(memory, monkeypatch, cause: Exception) -> None:
    def info(self: object, path: str) -> None:
        raise FileNotFoundError(path) from cause

    monkeypatch.setattr(type(memory), "info", info)
    with pytest.raises(UnavailableError, match=f"^memory://b/x cannot be reached: .*{cause}"):
        fetched("memory://b/x")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLPY_OFFLINE", "0")
    monkeypatch.setattr(
        fsspec.core, "url_to_fs", lambda *given, **options: fail(ImportError("Install s3fs to access S3"))
    )
    with pytest.raises(SetupError, match=r"^s3://b/x: Install s3fs to access S3\.$"):
        fetched("s3://b/x")
    monkeypatch.setattr(objects, "import_module", lambda name: fail(ImportError(name)))
    with pytest.raises(SetupError, match=r"fsspec is not installed: pip install 'dlpy\[remote\]'\.$"):
        fetched("s3://b/x")


def fail(error: Exception) -> None:
    raise error


def test_a_storage_that_does_not_answer_is_one_line(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/bucket/x", b"1")
    monkeypatch.setattr(objects, "_ANSWER_SECONDS", 0.05)
    wait = threading.Event()
    monkeypatch.setattr(type(memory), "info", lambda *given, **options: wait.wait(5))
    with pytest.raises(UnavailableError, match=r"cannot be reached: .*no answer within 0.05 seconds"):
        fetched("memory://bucket/x")
    wait.set()


def test_no_folders_are_there_where_nothing_is_but_not_where_nobody_answers(memory, monkeypatch) -> None:
    assert Storage("memory://bucket/none").folders() == []
    monkeypatch.setattr(type(memory), "ls", lambda *given, **options: fail(OSError("no route to host")))
    with pytest.raises(UnavailableError, match=r"memory://bucket/none cannot be reached: .*no route to host"):
        Storage("memory://bucket/none").folders()


def test_a_place_where_nothing_can_be_written_is_told_before_training(bench, memory, monkeypatch) -> None:
    Storage("memory://bucket/runs").require_writable()
    assert memory.find("/bucket/runs") == []
    monkeypatch.setattr(type(memory), "put_file", lambda *given, **options: fail(PermissionError("forbidden")))
    path = bench.experiment(data={"name": "blobs"}, model={"name": "linear"}, training={})
    status, _, err = bench.run("train", path, "--runs", "memory://bucket/runs")
    assert (status, err) == (3, "error: memory://bucket/runs: access denied (PermissionError: forbidden).\n")


def test_a_cache_without_room_is_one_line(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/bucket/x", b"1")
    monkeypatch.setattr(copies, "make_room", lambda folder, size: False)
    with pytest.raises(StorageError, match=r"more than the cache .* may take"):
        fetched("memory://bucket/x")


def test_a_remote_table_is_trained_on_and_its_run_keeps_the_address(bench, memory) -> None:
    rng = np.random.default_rng(0)
    lines = [f"{x:.3f},{2 * x:.3f}" for x in rng.normal(size=60)]
    memory.pipe("/bucket/table.csv", "\n".join(["x,y", *lines]).encode())
    data = {"name": "csv", "path": "memory://bucket/table.csv", "target": "y", "validation": 0.2}
    path = bench.experiment(data=data, model={"name": "linear"}, training={})
    assert bench.run("check", path)[0] == 0
    assert bench.run("train", path)[0::2] == (0, "")
    (folder,) = Path("runs").iterdir()
    config = (folder / "config.yaml").read_text()
    assert "path: memory://bucket/table.csv" in config
    assert "memory://bucket/table.csv" in (folder / "run.json").read_text()
    assert str(copies.own_cache()) not in config + (folder / "run.json").read_text()
    assert bench.run("evaluate", "latest")[0] == 0
    memory.pipe("/bucket/table.csv", "\n".join(["x,y", *lines, "1,7"]).encode())
    status, _, err = bench.run("evaluate", "latest")
    assert (status, "has changed since run" in err) == (3, True)
    memory.rm("/bucket/table.csv")
    status, _, err = bench.run("evaluate", "latest")
    assert (status, "there is nothing at memory://bucket/table.csv" in err) == (3, True)
    Path("new.csv").write_text("x\n1\n")
    assert bench.run("predict", "latest", "new.csv")[0] == 0  # which needs no data


def test_a_storage_that_tells_versions_in_its_own_words_is_asked_for_the_new_one(memory, monkeypatch) -> None:
    """A plain web server tells Last-Modified, and other storages other names."""
    changed = {"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}
    info = type(memory).info

    def told(self, path: str, **options) -> dict:
        own = info(self, path, **options)
        return own | {"created": None} | changed if own["type"] == "file" else own

    monkeypatch.setattr(type(memory), "info", told)
    memory.pipe("/bucket/table.csv", b"x,y\n1,2\n")
    first = fetched("memory://bucket/table.csv")
    assert fetched("memory://bucket/table.csv") == first
    memory.pipe("/bucket/table.csv", b"x,y\n3,4\n")  # of the same size
    changed["Last-Modified"] = "Mon, 05 Jan 2026 11:00:00 GMT"
    assert fetched("memory://bucket/table.csv").read_bytes() == b"x,y\n3,4\n"


def test_a_download_that_is_cut_short_leaves_no_part_in_the_cache(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/bucket/table.csv", b"x,y\n1,2\n")

    def cut(told: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Storage, "get", lambda self, stored, path, told, get=Storage.get: get(self, stored, path, cut))
    with pytest.raises(KeyboardInterrupt):
        fetched("memory://bucket/table.csv")
    assert [path for path in own_cache().rglob("*") if path.is_file() and not path.name.endswith(".lock")] == []


def test_a_file_is_created_once(memory) -> None:
    storage = Storage("memory://bucket/runs")
    assert [storage.create("a", "1"), storage.create("a", "1"), storage.create("b", "2")] == [True, False, True]
    assert (memory.cat("/bucket/runs/a"), storage.has("a"), storage.has("c")) == (b"1", True, False)


def test_of_several_that_look_at_once_the_storage_lets_one_create_the_file(memory, monkeypatch) -> None:
    monkeypatch.setattr(Storage, "has", lambda self, name: False)
    storage = Storage("memory://bucket/runs")
    assert [storage.create("a", text) for text in "123"] == [True, False, False]
    assert memory.cat("/bucket/runs/a") == b"1"


def test_a_storage_without_conditions_looks_first(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = type(memory).pipe_file

    def refuse(self, path: str, value: bytes, mode: str = "overwrite") -> None:
        if mode == "create":
            raise NotImplementedError
        pipe(self, path, value)

    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    storage = Storage("memory://bucket/runs")
    assert [storage.create("a", "1"), storage.create("a", "2")] == [True, False]
