"""Tasks on real clusters of two workers on this machine."""

from pathlib import Path

import pytest

from dlpy.cluster.pool import tasks_of
from dlpy.runs.directory import Run
from dlpy.training.parts import Notices
from tests.benchmarks.clusters import cluster
from tests.pretend_cluster import REPOSITORY, joined, killed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("engine", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_tasks_give_their_results_and_lost_workers_are_counted(
    engine: str, package: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(package, reason=f"dlpy[{engine}] is not installed")
    monkeypatch.chdir(REPOSITORY)
    run, kept = Run(workplace / "run"), Notices()
    run.path.mkdir()
    data = {"source": "file", "description": "", "sha256": ""}
    with cluster(engine) as on:
        place = {"on": on.address}
        run.write("run.json", {"kind": "kfold", "status": "running", "smoke": False, "data": data, "place": place})
        with tasks_of(run, 10, "--jobs", kept) as submit:
            futures = [submit(joined, ("a", str(number)), [f"folds/{number}"]) for number in range(4)]
            assert [future.result(60) for future in futures] == ["a+0", "a+1", "a+2", "a+3"]
            assert submit(killed, (1,), ["folds/09"]).result(60) == "after 1"
    assert on.processes() == []
    assert kept.lines == [
        f"{on.address}: 2 workers with shared storage",
        "folds/09: its process was killed; retry 1 of 2",
    ]
    assert run.read("run.json")["tasks"][0]["lost_workers"] == {"folds/09": 1}
