"""What answers at an address is recognized within seconds."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from dlpy.cluster import greeting
from dlpy.cluster.greeting import require_answer
from dlpy.core.errors import SetupError
from dlpy.runs.how import Place
from tests.benchmarks.clusters import free_port, wait_for_port


def refusal(scheme: str, port: int) -> str:
    with pytest.raises(SetupError) as error:
        require_answer(Place(f"{scheme}://127.0.0.1:{port}"), scheme)
    return str(error.value)


@pytest.fixture(scope="module")
def ray_port() -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None)


@pytest.fixture(scope="module")
def dask_port() -> Iterator[int]:
    pytest.importorskip("distributed", reason="dlpy[dask] is not installed")
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options], stderr=subprocess.DEVNULL
    )
    wait_for_port("127.0.0.1", port)
    yield port
    scheduler.terminate()
    scheduler.wait()


def test_grpc_answers_at_the_port_of_ray(ray_port: int) -> None:
    require_answer(Place(f"ray://127.0.0.1:{ray_port}"), "ray")
    assert refusal("dask", ray_port) == (
        f"--on dask://127.0.0.1:{ray_port}: this is the port of a Ray cluster: give ray://127.0.0.1:{ray_port}."
    )


@pytest.mark.slow
def test_a_scheduler_answers_at_the_port_of_dask(dask_port: int) -> None:
    require_answer(Place(f"dask://127.0.0.1:{dask_port}"), "dask")
    assert refusal("ray", dask_port) == (
        f"--on ray://127.0.0.1:{dask_port}: this is the port of a Dask cluster: give dask://127.0.0.1:{dask_port}."
    )


@pytest.mark.parametrize("scheme", ["dask", "ray"])
def test_a_silent_port_is_left_in_time(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert greeting._ANSWER_SECONDS + greeting._REACH_SECONDS < 10
    monkeypatch.setattr(greeting, "_ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = refusal(scheme, port)
    wanted = f"--on {scheme}://127.0.0.1:{port}: no {scheme.title()} cluster answers there (nothing comes from there); "
    assert said.startswith(f"{wanted}start one with: {scheme} ")
    assert said.endswith(f"port {port}.")


@pytest.mark.parametrize("scheme", ["dask", "ray"])
@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"hi", b""])
def test_other_protocols_are_refused(scheme: str, answer: bytes) -> None:
    def serve() -> None:
        with other.accept()[0] as client:
            client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as other, ThreadPoolExecutor(1) as pool:
        pool.submit(serve)
        assert f"no {scheme.title()} cluster answers there" in refusal(scheme, other.getsockname()[1])


def test_another_port_of_ray_is_told_from_that_of_its_client_server(ray_port: int) -> None:
    pytest.importorskip("ray", reason="dlpy[ray] is not installed")
    from dlpy.cluster.ray_cluster import RayCluster

    with pytest.raises(SetupError, match=rf"--on ray://127.0.0.1:{ray_port}: this is another port of Ray\. Its Ray Cl"):
        RayCluster(Place(f"ray://127.0.0.1:{ray_port}"))
