"""The server as a process: it ends gracefully, and slow or broken clients do no harm."""

import json
import os
import signal
import socket
import threading
import time

import pytest

from dlpy.serve.server import hosts_of, in_address
from tests.commands import started
from tests.machine import seconds
from tests.serve.test_app import ROWS, inputs, table

pytestmark = pytest.mark.slow

BODY = json.dumps({"rows": inputs(ROWS[:1])}).encode()
HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=seconds(60))


def answer(client):
    """Return the status of the next answer."""
    return int(client.recv(65536).split(b" ", 2)[1])


@pytest.fixture
def server(bench):
    run = table(bench)
    process = started("serve", run.path, "--port", "0", "--seconds", "2", "--most-bytes", "2000")
    for line in process.stdout:
        if line.startswith("ready"):
            break
        port = int(line.split("://127.0.0.1:")[1].split("/")[0].split(":")[0])
    process.port = port
    yield process
    process.kill()
    process.communicate()


def test_a_server_outlives_its_clients_and_ends_gracefully(server):
    port = server.port
    with connected(port) as slow, connected(port) as broken, connected(port) as large, connected(port) as noise:
        slow.sendall(HEAD % len(BODY) + BODY[:5])
        broken.sendall(HEAD % len(BODY) + BODY[:9])
        broken.close()
        large.sendall(HEAD % 100_000_000 + b"x" * 1000)
        noise.sendall(b"\x00\xff\r\n\r\n")
        assert answer(large) == 413
        assert answer(noise) == 400
        with connected(port) as usual:
            usual.sendall(HEAD % len(BODY) + BODY)
            assert answer(usual) == 200
        assert answer(slow) == 408
    in_flight = [connected(port) for _ in range(8)]
    for client in in_flight:
        client.sendall(HEAD % len(BODY) + BODY[:-1])
    time.sleep(0.2)
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.2)
    for client in in_flight:
        client.sendall(BODY[-1:])
    assert [answer(client) for client in in_flight] == [200] * 8
    for client in in_flight:
        client.close()
    assert server.wait(seconds(60)) == 0
    assert server.stderr.read() == ""


def test_a_worker_is_ready_once_the_server_listens(bench):
    process = started("serve", table(bench).path, "--port", "0", "--workers", "2")
    try:
        for line in process.stdout:
            if line.startswith("ready: worker"):
                break
            port = int(line.split("://127.0.0.1:")[1].split("/")[0].split(":")[0])
        with connected(port) as client:
            client.sendall(HEAD % len(BODY) + BODY)
            assert answer(client) == 200
    finally:
        process.terminate()
        process.communicate(timeout=seconds(60))


def test_a_second_signal_ends_the_server_at_once_without_a_traceback(server):
    with connected(server.port) as slow:
        slow.sendall(HEAD % len(BODY) + BODY[:5])
        time.sleep(0.2)
        os.kill(server.pid, signal.SIGINT)
        time.sleep(0.2)
        os.kill(server.pid, signal.SIGINT)
        assert server.wait(seconds(60)) == 0
    assert server.stderr.read() == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_a_server_for_this_machine_is_called_by_no_other_name(host):
    assert {in_address(host), "localhost"} <= set(hosts_of(host)) - {"*"}
    assert hosts_of("0.0.0.0") == hosts_of("::") == ["*"]


def test_a_port_in_use_is_told_at_once(bench, tmp_path):
    run = table(bench)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, err = bench.run("serve", run.path, "--port", port)
    assert status == 4
    assert err == f"error: cannot listen on 127.0.0.1:{port}: Address already in use. --port 0 takes a free one.\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nobody"], "no run 'nobody'"),
        (["latest", "latest"], "is given twice"),
        (["latest", "--host", "no.such.host.invalid"], "cannot listen on"),
    ],
)
def test_what_cannot_be_served_is_told(bench, arguments, line):
    table(bench)
    status, _, err = bench.run("serve", *arguments, "--port", 0)
    assert status in (2, 4, 7)
    assert line in err


def test_a_run_that_predicts_nothing_is_refused(bench):
    run = table(bench)
    run.update(status="running")
    for path in (run.path / "checkpoints").rglob("*"):
        path.unlink() if path.is_file() else None
    before = threading.active_count()
    status, _, err = bench.run("serve", run.path, "--port", 0)
    assert status != 0
    assert run.id in err or "checkpoint" in err
    assert threading.active_count() == before
