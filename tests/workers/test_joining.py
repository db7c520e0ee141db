"""The hand-shake of several processes and what they exchange, here by threads of one process."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from machine import wait_until

from dlpy.core.errors import ConfigError, SetupError
from dlpy.workers import joining, pulse
from dlpy.workers.group import Group, _sum
from dlpy.workers.joining import joined
from dlpy.workers.link import Link, LinkError
from dlpy.workers.placement import Placement

FACTS = {"experiment": "abc", "version of keras": "3.15.1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def placed(rank: int, port: int, size: int = 2) -> Placement:
    return Placement("127.0.0.1", port, tuple(f"127.0.0.1:{port + number}" for number in range(size)), rank)


def together(size: int, act: Callable[[Group], Any], facts: dict[int, dict[str, Any]] | None = None) -> list[Any]:
    """Return what each process gives, or the error that it raises."""
    port = free_port()

    def run(rank: int) -> Any:
        try:
            group = joined(placed(rank, port, size), (facts or {}).get(rank, FACTS), 20.0)
        except (ConfigError, SetupError) as error:
            return error
        try:
            return act(group)
        except (ConfigError, SetupError) as error:
            return error
        finally:
            group.close()

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(run, range(size)))


def test_sums_are_added_in_the_order_of_the_ranks_and_are_the_same_bits_everywhere() -> None:
    parts = [np.array([1e8, 1.0], np.float32), np.array([1.0, 2.0], np.float32), np.array([-1e8, 3.0], np.float32)]
    found = together(3, lambda group: group._combined([parts[group.rank]], _sum)[0])
    for array in found:
        np.testing.assert_array_equal(array, [0.0, 6.0])  # 1e8 + 1 is 1e8 in float32; in another order, the first is 1


def test_arrays_are_joined_in_the_order_of_the_ranks_also_empty_ones() -> None:
    def join(group: Group) -> list[np.ndarray]:
        own = [np.full((group.rank, 2), group.rank, np.int64), np.zeros((1, 0), np.float32)]
        return group._combined(own, np.concatenate)

    for found, empty in together(3, join):
        np.testing.assert_array_equal(found, [[1, 1], [2, 2], [2, 2]])
        assert empty.shape == (3, 0)


def test_all_get_what_the_first_gives() -> None:
    nan = together(2, lambda group: group.of_first({"loss": float("nan") if group.rank else 0.1}))
    assert nan == [{"loss": 0.1}, {"loss": 0.1}]
    arrays = together(
        2, lambda group: group.arrays_of_first([np.full(3, group.rank, np.float32), np.array(group.rank)])
    )
    for first, second in arrays:
        np.testing.assert_array_equal(first, [0, 0, 0])
        assert second == 0


def test_another_experiment_ends_all_with_the_same_line() -> None:
    errors = together(2, lambda group: None, {1: {**FACTS, "version of keras": "3.14.0"}})
    line = "has another version of keras than worker 0: 3.14.0, not 3.15.1."
    assert all(isinstance(error, ConfigError) and str(error).endswith(line) for error in errors)


def test_other_data_ends_all_with_the_same_line() -> None:
    errors = together(3, lambda group: group.require_same("data", "x" if group.rank == 2 else "y"))
    assert all(isinstance(error, ConfigError) for error in errors)
    assert {str(error).split(" (")[0] for error in errors} == {"worker 2"}


def test_a_worker_that_does_not_come_is_named() -> None:
    port = free_port()
    with pytest.raises(SetupError, match=rf"worker 1 \(127.0.0.1:{port + 1}\) did not connect within 0.2 s"):
        joined(placed(0, port), FACTS, 0.2)
    with pytest.raises(SetupError, match=rf"worker 0 \(127.0.0.1:{port}\) did not answer within 0.2 s"):
        joined(placed(1, port), FACTS, 0.2)


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=f"worker 0 cannot listen at 127.0.0.1:{port}: .*: choose another port"):
            joined(placed(0, port), FACTS, 1.0)


def test_a_worker_that_ends_ends_the_others() -> None:
    def act(group: Group) -> Any:
        if group.rank == 1:
            return None  # and its connection is closed
        return group._guarded(lambda: group._combined([np.ones(2, np.float32)], _sum))

    first, _, third = together(3, act)
    assert isinstance(first, SetupError)
    assert str(first).startswith("worker 1 (127.0.0.1:")
    assert isinstance(third, SetupError)
    assert str(third).startswith("worker 0 (127.0.0.1:")


def test_who_is_no_worker_is_ignored_and_a_rank_is_taken_once() -> None:
    port = free_port()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(joined, placed(0, port, 3), FACTS, 20.0)
        one = pool_of(port, {"dlpy": 1, "facts": FACTS})
        for nonsense in ("GET / HTTP/1.1", {"dlpy": 9, "facts": FACTS}, {"dlpy": 1}, [1]):
            pool_of(port, nonsense)
        taken = pool_of(port, {"dlpy": 1, "facts": FACTS})
        assert taken.receive_json() == {"error": "another process is worker 1: give each its own --rank."}
        two = pool_of(port, {"dlpy": 2, "facts": FACTS})
        for link in (one, two):
            assert [link.receive_json(), link.receive_json()] == [{"heard": True}, {"ok": True}]
        for said in ([1], {"pulse": 9}, {"pulse": 2}, {"pulse": 2}, {"pulse": 1}):
            pool_of(port, said)
        assert first.result(20).size == 3


def test_a_port_where_something_else_answers_or_nothing_does_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_ANSWER_SECONDS", 0.2)
    line = r"worker 0 \(127.0.0.1:\d+\) does not answer as dlpy does \(.+\): check the address\.$"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(SetupError, match=line):
            joined(placed(1, listener.getsockname()[1]), FACTS, 60)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(lambda: listener.accept()[0].sendall(b"HTTP/1.1 400 Bad Request"))
            with pytest.raises(SetupError, match=line):
                joined(placed(1, listener.getsockname()[1]), FACTS, 60)
            answer.result(10)


def test_a_process_that_sends_nothing_for_a_while_ends_an_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 0.4)
    here, there = socket.socketpair()
    ours, theirs = socket.socketpair()
    group = Group(placed(0, 5000), [Link(here)], [ours])
    try:
        with pytest.raises(SetupError, match=r"^worker 1 \(127.0.0.1:5001\) does not answer for 8 s; see what it "):
            group._guarded(lambda: group._combined([np.ones(2, np.float32)], _sum))
    finally:
        group.close()
        there.close()
        theirs.close()


def test_a_process_that_computes_for_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 0.8)

    def act(group: Group) -> Any:
        time.sleep(2 * group.rank)
        return group._guarded(lambda: group._combined([np.ones(2, np.float32)], _sum))[0].tolist()

    assert together(2, act) == [[2.0, 2.0], [2.0, 2.0]]


def pool_of(port: int, said: Any) -> Link:
    """Return a link to the first process that has said something."""
    wait_until(lambda: is_listening(port))
    link = Link(socket.create_connection(("127.0.0.1", port), 5))
    link.send_json(said)
    return link


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_arrays_of_other_shapes_are_refused() -> None:
    one, other = map(Link, socket.socketpair())
    one.send_arrays([np.zeros((2, 3), np.float32)])
    with pytest.raises(LinkError, match="its arrays have other shapes"):
        other.receive_arrays([np.zeros((2, 4), np.float32)])
    other.send_json(1)
    with pytest.raises(LinkError, match="it is at another step"):
        one.receive_arrays([np.zeros(2)])
