"""Tasks in child processes: their results, and what becomes of them when workers are lost."""

from pathlib import Path

import pytest

from dlpy.cluster import child, pool
from dlpy.cluster.pool import tasks_of
from dlpy.cluster.protocol import Worker
from dlpy.core.errors import SetupError
from dlpy.runs.directory import Run
from dlpy.training.parts import Notices
from tests import machine
from tests.pretend_cluster import filled, frozen, joined, killed, pretend, refused, slow

__all__ = ["pretend"]
pytestmark = pytest.mark.slow
DATA = {"source": "file", "description": "rows", "sha256": ""}


@pytest.fixture
def run(workplace: Path) -> Run:
    found = Run(workplace / "runs" / "one")
    found.path.mkdir(parents=True)
    record = {"kind": "kfold", "status": "running", "smoke": False, "data": DATA, "place": {"on": "pretend://here"}}
    found.write("run.json", record)
    found.config.write_text("{}")
    return found


class Kept(Notices):
    """Keeps what is shown of tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: list[str] = []

    def tasks_progress(self, text: str) -> None:
        self.progress.append(text)


def results(run: Run, work, *arguments: tuple, jobs: int = 2) -> tuple[list, list[str]]:
    kept = Kept()
    with tasks_of(run, jobs, "--jobs", kept) as submit:
        futures = [submit(work, given, [f"folds/{number:02d}"]) for number, given in enumerate(arguments, 1)]
        return [future.result(60) for future in futures], kept.lines


def test_progress_tells_of_all_tasks_and_their_epochs(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(pool, "_ASK_SECONDS", 0.01)
    pretend.submit = lambda self, order, shared, lost: pool.Future()
    (run.path / "folds/01").mkdir(parents=True)
    (run.path / "folds/01/metrics.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n")
    kept = Kept()
    with tasks_of(run, 2, "--jobs", kept) as submit:
        for number in (1, 2, 3):
            submit(joined, ("a",), [f"folds/{number:02d}"])
        machine.wait_until(lambda: kept.progress and "1 waiting" in kept.progress[-1])
    assert kept.progress[-1] == "0 ended, 2 handed over (folds/01: epoch 2, folds/02), 1 waiting"


def test_each_task_gives_its_result(pretend, run: Run) -> None:
    found, lines = results(run, joined, *[("a", str(number)) for number in range(5)])
    assert found == ["a+0", "a+1", "a+2", "a+3", "a+4"]
    assert lines == ["pretend://here: 2 workers with shared storage"]
    (entry,) = run.read("run.json")["tasks"]
    assert {name: entry[name] for name in ("on", "workers", "shared_storage", "lost_workers")} == {
        "on": "pretend://here",
        "workers": 2,
        "shared_storage": True,
        "lost_workers": {},
    }
    assert pretend.closed == 1
    assert not (run.path / ".cluster").exists()


def test_with_shared_storage_tasks_work_in_the_run(pretend, run: Run) -> None:
    (run.path / "here").touch()
    assert results(run, filled, ("01",))[0] == [True]
    assert (run.path / "folds/01/config.yaml").read_text() == "{}"


def test_without_shared_storage_the_folder_of_a_task_is_sent_back(pretend, run: Run, monkeypatch) -> None:
    pretend.shares = False
    (run.path / "here").touch()
    monkeypatch.setattr(pool.secrets, "token_hex", lambda size: "told")
    monkeypatch.setattr(pool, "Order", _unlike(pool.Order))
    found, lines = results(run, filled, ("01",))
    assert found == [False]  # it worked in the cache of the worker
    assert (run.path / "folds/01/config.yaml").read_text() == "{}"
    assert lines == ["pretend://here: 2 workers with storage of their own"]


def _unlike(order):
    """Return what makes orders whose token is not that of the run, as if the worker saw other files."""
    return lambda task, settings: order(task.replace(b"told", b"none"), settings)


def test_a_process_that_is_killed_costs_a_retry_which_is_counted(pretend, run: Run) -> None:
    found, lines = results(run, killed, (2,))
    assert found == ["after 2"]
    assert lines[1:] == [
        "folds/01: its process was killed; retry 1 of 2",
        "folds/01: its process was killed; retry 2 of 2",
    ]
    assert run.read("run.json")["tasks"][0]["lost_workers"] == {"folds/01": 2}
    assert (run.path / "log.txt").read_text().count("its process was killed") == 2


def test_a_process_that_is_frozen_is_killed_and_costs_a_retry(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(child, "MISSING", 4)
    found, lines = results(run, frozen, ())
    assert found == ["after that"]
    assert lines[1] == "folds/01: its process was killed; retry 1 of 2"  # a slow machine may need another


def test_a_task_that_takes_long_is_waited_for(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(child, "MISSING", 3)
    assert results(run, slow, (5.0,)) == ([5.0], ["pretend://here: 2 workers with shared storage"])


def test_a_task_that_kills_three_workers_fails(pretend, run: Run) -> None:
    with pytest.raises(SetupError, match=r"folds/01: 3 workers were lost while they trained it"):
        results(run, killed, (99,))
    assert (run.path / "killed").read_text() == "xxx"
    assert run.read("run.json")["tasks"][0]["lost_workers"] == {"folds/01": 3}


def test_workers_that_the_cluster_loses_are_counted_too(pretend, run: Run) -> None:
    pretend.lost_before = 3
    with pytest.raises(SetupError, match="3 workers were lost"):
        results(run, joined, ("a",))


def test_a_bug_on_a_worker_comes_with_its_traceback(pretend, run: Run) -> None:
    with pytest.raises(RuntimeError, match="ValueError: a bug") as error:
        results(run, refused, ())
    assert "in refused" in str(error.value)


def test_a_cluster_that_stops_answering_fails_the_tasks(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(pool, "_ASK_SECONDS", 0.01)
    pretend.answers = False
    pretend.submit = lambda self, order, shared, lost: pool.Future()
    with pytest.raises(SetupError, match="--on pretend://here: the cluster does not answer any longer"):
        results(run, joined, ("a",))
    assert pretend.closed == 1


def test_a_busy_cluster_is_asked_again(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(pool, "_ASK_SECONDS", 0.01)
    monkeypatch.setattr(pool, "listens", lambda address: True)
    answers = iter([None, None, 2, None, None, 2])
    counted: list[int | None] = []

    def count(self) -> int | None:
        counted.append(next(answers, 2))
        return counted[-1]

    pretend.count = count
    assert results(run, slow, (2.0,))[0] == [2.0]
    assert counted[:6] == [None, None, 2, None, None, 2]


def test_a_cluster_that_listens_but_stays_silent_is_given_up(pretend, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(pool, "_ASK_SECONDS", 0.01)
    monkeypatch.setattr(pool, "listens", lambda address: True)
    pretend.answers = False
    pretend.submit = lambda self, order, shared, lost: pool.Future()
    with pytest.raises(SetupError, match="--on pretend://here: the cluster does not answer any longer"):
        results(run, joined, ("a",))


def test_a_worker_of_another_version_that_joined_later_is_refused(pretend, run: Run, monkeypatch) -> None:
    here = pool.versions()
    monkeypatch.setattr(pool, "versions", lambda: here | {"keras": "3.0.0"})
    monkeypatch.setattr("dlpy.cluster.check.versions", lambda: here)
    with pytest.raises(SetupError, match=rf"worker on .*: it has keras {here['keras']}, here 3.0.0: install the same"):
        results(run, joined, ("a",))


def test_workers_that_are_silent_are_named(pretend, run: Run) -> None:
    workers = pretend.workers
    pretend.workers = lambda self, probe, text: [*workers(self, probe, text), Worker("w3", is_silent=True)]
    assert results(run, joined, ("a",))[1] == ["pretend://here: 2 workers with shared storage; w3 did not answer"]


def lost_connection(*given: object) -> None:
    raise ConnectionError("it broke.\nLine 2")


@pytest.mark.parametrize("method", ["workers", "share", "submit"])
def test_a_connection_that_breaks_is_one_line(pretend, run: Run, method: str) -> None:
    pretend.shares = False
    setattr(pretend, method, lost_connection)
    with pytest.raises(SetupError) as error:
        results(run, joined, ("a",))
    assert str(error.value).startswith(
        "--on pretend://here: the cluster does not answer any longer (ConnectionError: it "
    )
    assert "\n" not in str(error.value)
    assert pretend.closed == 1
