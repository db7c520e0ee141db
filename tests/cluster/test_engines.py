"""Tasks on real clusters of two workers on this machine."""

import os
import signal
from pathlib import Path

import pytest

from dlpy.cluster.address import connected
from dlpy.cluster.check import check_place
from dlpy.cluster.pool import tasks_of
from dlpy.core.environment import versions
from dlpy.core.errors import SetupError
from dlpy.runs.directory import Run
from dlpy.runs.how import Place
from dlpy.training.parts import Notices
from tests.benchmarks.clusters import Cluster, cluster
from tests.pretend_cluster import REPOSITORY, joined, killed

pytestmark = pytest.mark.slow


def require_no_cluster_without_connection(on: Cluster) -> None:
    """Require an error from Ray where a connection is closed: it would start a cluster on this machine and ask that."""
    connection = connected(Place(on.address))
    connection.close()
    with pytest.raises(ConnectionError):
        connection.workers("", "")


def refusal_of_other(on: Cluster, folder: Path) -> str:
    """Replace a node by one that finds another version of Keras, and return how it is refused."""
    (folder / "other/keras-3.0.0.dist-info").mkdir(parents=True)
    (folder / "other/keras-3.0.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 3.0.0\n")
    on.environment["PYTHONPATH"] += f":{folder / 'other'}"
    os.killpg(on.nodes[0].pid, signal.SIGKILL)
    on.nodes[0].wait()
    on.mend()
    with pytest.raises(SetupError) as error:
        check_place(Place(on.address))
    return str(error.value)


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
        if engine == "ray":
            require_no_cluster_without_connection(on)
        assert f"it has keras 3.0.0, here {versions()['keras']}: install the same" in refusal_of_other(on, workplace)
    assert on.processes() == []
    assert kept.lines == [
        f"{on.address}: 2 workers with shared storage",
        "folds/09: its process was killed; retry 1 of 2",
    ]
    assert run.read("run.json")["tasks"][0]["lost_workers"] == {"folds/09": 1}
