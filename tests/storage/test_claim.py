"""Claims: one process at a time, on whichever machine, and none of a process that is gone."""

import errno
import json
import os
import platform
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dlpy.storage import claim
from dlpy.storage.claim import ClaimedError, claimed, holder_of
from tests import machine


def gone() -> int:
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def held_by(path: Path, process: int, host: str, age: float = 0.0) -> None:
    path.write_text(f"{process}\n{host}\n2026-01-02 03:04:05\n")
    os.utime(path, (time.time() - age, time.time() - age))


def may_claim(path: Path, *, has_lock: bool) -> bool:
    with suppress(ClaimedError), claimed(path, has_lock=has_lock, patience=0):
        return path.read_text().splitlines()[:2] == [str(os.getpid()), platform.node()]
    return False


@pytest.mark.parametrize(
    ("is_gone", "is_here", "age", "has_lock", "expected"),
    [
        (False, False, 0, True, False),
        (False, False, 59, True, False),
        (False, False, 61, True, True),
        (True, False, 0, False, False),  # the number means nothing here
        (False, True, 0, True, True),  # who has the lock knows that no other process does
        (False, True, 0, False, False),
        (True, True, 0, False, True),
        (False, True, 61, False, True),  # another process has the number now
    ],
)
def test_a_claim_is_free_if_its_process_is_gone(
    tmp_path: Path, is_gone: bool, is_here: bool, age: float, has_lock: bool, expected: bool
) -> None:
    path = tmp_path / "claim"
    held_by(path, gone() if is_gone else os.getppid(), platform.node() if is_here else "elsewhere", age)
    assert may_claim(path, has_lock=has_lock) is expected
    assert [one.name for one in tmp_path.iterdir()] == ([] if expected else ["claim"])


def test_who_holds_a_claim_is_told(tmp_path: Path) -> None:
    held_by(tmp_path / "claim", 4711, "elsewhere", 20)
    found = holder_of(tmp_path / "claim", has_lock=True)
    assert found is not None
    assert found.holder == "process 4711 on host elsewhere since 2026-01-02 03:04:05"
    assert 19 < found.age < 40


def test_a_claim_that_is_just_being_written_is_respected(tmp_path: Path) -> None:
    (tmp_path / "claim").write_text("")
    assert not may_claim(tmp_path / "claim", has_lock=True)


def test_whenever_a_process_is_killed_no_claim_without_its_holder_is_left(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.storage.killed_claims", str(tmp_path / "claim")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    left = json.loads(done.stdout)
    assert len(left) > 10
    assert set(left) == {"", "4711\nelsewhere\nnow\n"}  # nothing, or all


def test_a_file_system_without_links_has_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert may_claim(tmp_path / "claim", has_lock=True)
    held_by(tmp_path / "claim", 4711, "elsewhere")
    assert not may_claim(tmp_path / "claim", has_lock=True)
    assert [one.name for one in tmp_path.iterdir()] == ["claim"]


def test_one_thread_at_a_time_holds_a_claim_that_ended(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "claim", [], []
    held_by(path, 4711, "elsewhere", 100)

    def work() -> None:
        with claimed(path, has_lock=False, patience=60):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
    assert not path.exists()


def test_a_waiting_process_looks_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "_ASK_SECONDS", 0.001)
    path, looks, changes = tmp_path / "claim", list[int](), set[int]()
    held_by(path, 4711, "elsewhere")
    living = claim.holder_of

    def look(path: Path, **given: Any) -> Any:
        looks.append(1)
        if len(looks) > 1:  # the first comes after the question for the clock of the file system
            changes.add(tmp_path.stat().st_mtime_ns)
        if len(looks) == 20:
            path.unlink()
        return living(path, **given)

    monkeypatch.setattr(claim, "holder_of", look)
    with claimed(path, has_lock=False, patience=60):
        assert path.read_text().startswith(f"{os.getpid()}\n")
    assert len(looks) == 20
    assert len(changes) == 1


def test_a_claim_that_is_renewed_while_another_process_waits_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "claim"
    held_by(path, 4711, "elsewhere", 59)
    clock = claim._clock_beside(path)
    assert holder_of(path, has_lock=False, clock=clock - 2) is not None
    assert holder_of(path, has_lock=False, clock=clock + 2) is None
    held_by(path, 4711, "elsewhere")
    assert holder_of(path, has_lock=False, clock=clock + 2) is not None


def test_a_claim_that_cannot_be_read_is_another_processs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_by(tmp_path / "claim", 4711, "elsewhere")
    monkeypatch.setattr(claim, "_read", lambda path: None)
    assert not may_claim(tmp_path / "claim", has_lock=True)


def test_a_removal_that_was_cut_short_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "_ASK_SECONDS", 0.001)
    path, removal = tmp_path / "claim", tmp_path / "claim-ended"
    held_by(path, 4711, "elsewhere", 100)
    held_by(removal, 4712, "elsewhere", 100)
    assert may_claim(path, has_lock=False)
    assert not list(tmp_path.iterdir())


def test_a_claim_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "RENEW_SECONDS", 0.01)
    path = tmp_path / "claim"
    with claimed(path, has_lock=True, patience=0):
        os.utime(path, (0, 0))
        machine.wait_until(lambda: path.stat().st_mtime > 0)


def test_a_process_whose_claim_another_machine_took_over_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, said = threading.Event(), list[str]()
    monkeypatch.setattr(claim.warnings, "warn", lambda text, stacklevel: said.append(text))
    monkeypatch.setattr(claim, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(claim.os, "_exit", lambda status: ended.set() if status == 7 else None)
    path = tmp_path / "claim"
    with claimed(path, has_lock=True, patience=0):
        held_by(path, 4711, "elsewhere")
        assert ended.wait(10)
    assert said == [f"{tmp_path}: another machine took over, since this process was silent."]
    assert path.read_text().startswith("4711\nelsewhere\n")  # not given back by who has lost it
