"""The lock of a run on folders that several machines share, and on file systems without locks."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from dlpy.core.errors import RunError, StorageError
from dlpy.runs.directory import Run
from dlpy.runs.lock import is_locked, locked
from dlpy.storage import cache
from dlpy.storage.atomic import beside, remove_abandoned


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def refuse(*arguments: object) -> None:
    raise OSError(errno.ENOSYS, "Function not implemented")


def test_a_run_that_another_machine_trains_is_named_and_left_alone(run: Run) -> None:
    (run.path / ".claim").write_text("4711\nelsewhere\n2026-01-02 03:04:05\n")
    before = sorted(path.name for path in run.path.iterdir())
    assert is_locked(run)
    with (
        pytest.raises(RunError, match="is locked by process 4711 on host elsewhere since 2026-01-02 03:04:05") as error,
        locked(run),
    ):
        pass
    assert "if that machine is gone, try again in " in str(error.value)
    assert sorted({path.name for path in run.path.iterdir()} - {".lock"}) == before


def test_a_lock_is_given_back(run: Run) -> None:
    with locked(run):
        assert is_locked(run)
    assert not is_locked(run)
    assert [path.name for path in run.path.iterdir()] == [".lock"]


def test_what_a_killed_command_left_of_its_cluster_is_removed(run: Run) -> None:
    (run.path / ".cluster").write_text("token")
    with locked(run):
        assert not (run.path / ".cluster").exists()


def test_without_locks_of_the_file_system_a_claim_is_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(run):
        assert is_locked(run)
        with pytest.raises(RunError, match=f"is locked by process {os.getpid()} on host"), locked(run):
            pass
    assert not is_locked(run)
    with cache.alone(run.changes):
        assert (run.path / ".changes.claim").exists()
    assert not (run.path / ".changes.claim").exists()


def test_a_folder_that_holds_neither_is_refused_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr("dlpy.storage.claim._created", refuse)
    with pytest.raises(StorageError, match=r"cannot write .*: Function not implemented") as error, locked(run):
        pass
    assert "\n" not in str(error.value)


def test_temporary_files_of_other_machines_are_removed_after_a_day(tmp_path: Path) -> None:
    young, old = tmp_path / ".1@0000000a-x", tmp_path / ".1@0000000b-x"
    own = beside(tmp_path / "x")
    for path in (young, old, own):
        path.write_text("")
    os.utime(old, (0, 0))
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [young]
