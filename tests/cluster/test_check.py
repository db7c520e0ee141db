import pytest

from dlpy.cluster.check import check_place, usable_workers
from dlpy.cluster.protocol import Worker
from dlpy.core.environment import versions
from dlpy.core.errors import SetupError
from dlpy.runs.how import Place
from tests.pretend_cluster import pretend

__all__ = ["pretend"]
PLACE = Place("pretend://here")


def refusal(pretend, *found: Worker) -> str:
    pretend.found = list(found)
    with pytest.raises(SetupError) as error:
        check_place(PLACE)
    assert pretend.closed == 1
    return str(error.value)


def test_workers_like_this_machine_are_accepted(pretend) -> None:
    check_place(PLACE)
    assert pretend.closed == 1


def test_a_cluster_without_workers_is_refused(pretend) -> None:
    assert refusal(pretend) == "--on pretend://here: the cluster has no workers; start some."


@pytest.mark.parametrize("package", ["dlpy", "tensorflow", "numpy"])
def test_workers_of_another_version_are_refused(pretend, package: str) -> None:
    here = versions()
    said = refusal(pretend, Worker("w1", here), Worker("w2", here | {package: "0.0.1"}))
    assert said == (
        f"--on pretend://here: worker w2: it has {package} 0.0.1, here {here[package]}: install the same versions."
    )


def test_another_patch_of_python_is_accepted_and_another_minor_version_is_not(pretend) -> None:
    here = versions()
    minor = str(here["python"]).rpartition(".")[0]
    pretend.found = [Worker("w1", here | {"python": f"{minor}.99"})]
    check_place(PLACE)
    pretend.closed = 0
    assert "it has python 2.7, here" in refusal(pretend, Worker("w1", here | {"python": "2.7.18"}))


def test_a_worker_that_is_lost_meanwhile_is_left_out(pretend) -> None:
    pretend.found = [Worker("w1", versions()), Worker("w2", is_silent=True)]
    found, silent = usable_workers(pretend(PLACE), PLACE, "", "")
    assert ([worker.name for worker in found], silent) == (["w1"], ["w2"])


def test_workers_that_are_all_silent_are_refused(pretend) -> None:
    said = refusal(pretend, *(Worker(name, is_silent=True) for name in ("w1", "w2")))
    assert said == "--on pretend://here: worker w1: it does not answer; 2 workers in all."


def test_workers_without_dlpy_are_counted(pretend) -> None:
    bare = [Worker(f"w{number}", error="it cannot import dlpy: install dlpy there") for number in (1, 2, 3)]
    said = refusal(pretend, *bare)
    assert said == "--on pretend://here: worker w1: it cannot import dlpy: install dlpy there; 3 workers in all."


def test_a_cluster_that_does_not_answer_in_time_is_one_line(pretend) -> None:
    def workers(self, probe: str, text: str) -> list[Worker]:
        raise TimeoutError("no answer within 8 seconds")

    pretend.workers = workers
    with pytest.raises(SetupError, match=r"does not answer any longer \(TimeoutError: no answer within 8 seconds\)\.$"):
        check_place(PLACE)
    assert pretend.closed == 1


def test_resources_that_no_worker_has_are_named(pretend) -> None:
    pretend.lacks = lambda self: "GPU=2"
    with pytest.raises(SetupError, match="no worker offers GPU=2"):
        check_place(PLACE)
