"""What a command that runs in the warm process gets from its own process, and how both end."""

import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlpy.warm.location import is_private
from dlpy.warm.surroundings import difference
from tests.machine import wait_until
from tests.warm.light import Light

pytestmark = pytest.mark.slow

SLEEP = "import time; print('begun', flush=True); time.sleep(600)"


@pytest.fixture(scope="module")
def light() -> Iterator[Light]:
    folder = Path(tempfile.mkdtemp(prefix="dlpy-warm-"))
    light = Light(folder)
    yield light
    light.end()
    folder.rmdir()


def test_arguments_variables_folder_umask_and_open_files_are_handed_over(light, tmp_path) -> None:
    code = """
        import json, os, sys
        mask = os.umask(0)
        print(json.dumps([os.getcwd(), mask, os.environ["OWN"], os.environ["ADDED"], sys.stdin.read(), sys.argv[0]]))
        os.write(int(os.environ["FILE"]), b"written")
    """
    inner, outer = os.pipe()
    os.set_inheritable(outer, True)
    variables = {"OWN": "ä\udc80", "FILE": str(outer)}
    process = light.started(
        code, env=light.environment | variables, cwd=tmp_path, umask=0o027, stdin=subprocess.PIPE, pass_fds=[outer]
    )
    out, err = process.communicate("given")
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == [str(tmp_path), 0o027, "ä\udc80", "by an import", "given", "dlpy"]
    assert os.read(inner, 10) == b"written"
    os.close(inner)
    os.close(outer)


def test_exit_status_and_errors_are_those_of_the_command(light) -> None:
    assert light.run("import sys; print('a'); print('b', file=sys.stderr); sys.exit(7)") == (7, "a\n", "b\n")
    status, out, err = light.run("print(1 / 0)")
    assert (status, out, err.splitlines()[-1]) == (1, "", "ZeroDivisionError: division by zero")
    assert light.run("import atexit; atexit.register(print, 'at exit')") == (0, "at exit\n", "")
    assert light.run("import os; os.kill(os.getpid(), 11)") == (-11, "", "")


def test_random_numbers_differ_from_command_to_command(light) -> None:
    code = "import random, numpy; print(random.random(), numpy.random.random())"
    first, second = (light.run(code)[1].split() for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_forwarded(light, number: signal.Signals) -> None:
    code = f"""
        import signal, sys, time
        signal.signal({number:d}, lambda number, frame: sys.exit(40 + number))
        print('begun', flush=True); time.sleep(600)
    """
    process = light.started(code)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 40 + number


def test_a_signal_without_a_handler_ends_both(light) -> None:
    for number in (signal.SIGTERM, signal.SIGQUIT):
        process = light.started(SLEEP)
        process.stdout.readline()
        process.send_signal(number)
        process.communicate()
        assert process.returncode == -number


def test_an_ignored_signal_stays_ignored(light) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    code = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    assert light.run(code, preexec_fn=ignore) == (0, "True\n", "")


def test_ctrl_z_stops_both_and_both_continue(light) -> None:
    process = light.started(SLEEP)
    process.stdout.readline()
    (child,) = light.commands()
    process.send_signal(signal.SIGTSTP)
    wait_until(lambda: (state(process.pid), state(child)) == ("T", "T"))
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: (state(process.pid), state(child)) == ("S", "S"))
    process.kill()
    process.communicate()


def state(number: int) -> str:
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_killed_command_ends_its_own_process_in_the_same_way_and_the_other_way_round(light) -> None:
    process = light.started(SLEEP)
    process.stdout.readline()
    os.kill(light.commands()[0], signal.SIGKILL)
    assert process.communicate() == ("", "")
    assert process.returncode == -signal.SIGKILL
    process = light.started(SLEEP)
    process.stdout.readline()
    process.kill()
    process.communicate()
    assert light.run("print(1)") == (0, "1\n", "")  # by then, the killed command is gone
    assert light.commands() == []


def test_two_commands_run_at_once(light) -> None:
    first, second = light.started(SLEEP), light.started(SLEEP)
    assert (first.stdout.readline(), second.stdout.readline()) == ("begun\n", "begun\n")
    assert len(light.commands()) == 2
    first.terminate()
    first.communicate()
    assert second.poll() is None
    second.terminate()
    second.communicate()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"env": {"OMP_NUM_THREADS": "3"}}, "$OMP_NUM_THREADS differs."),
        ({"env": {"TF_XLA_FLAGS": "--x"}}, "$TF_XLA_FLAGS differs."),
        ({"env": {"CUDA_VISIBLE_DEVICES": ""}}, "$CUDA_VISIBLE_DEVICES differs."),
        ({"env": {"PYTHONHASHSEED": "1"}}, "$PYTHONHASHSEED differs."),
        ({"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))}, "the limit 'Max open files' differs."),
        ({"preexec_fn": lambda: os.nice(1)}, "the priority differs."),
        ({"stdin": None, "preexec_fn": lambda: os.close(0)}, "a standard stream is closed, or too many files are open."),
    ],
)  # fmt: skip
def test_a_command_with_other_surroundings_is_refused_in_one_line(light, change: dict, named: str) -> None:
    change = dict(change) | {"env": light.environment | change.get("env", {})}
    assert light.run("print(1)", **change) == (0, f"not used: {named}\n", "")
    assert light.commands() == []


def test_other_processors_are_refused(light) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one processor")
    first = min(os.sched_getaffinity(0))
    found = light.run("print(1)", preexec_fn=lambda: os.sched_setaffinity(0, {first}))
    assert found == (0, "not used: the set of processors differs.\n", "")


def test_what_differs_is_named() -> None:
    assert difference({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) is None
    assert difference({"a": "1"}, {"a": "1", "$TF_X": ""}) == "$TF_X"
    assert difference({"a": "1"}, {"a": "2"}) == "a"


def test_nonsense_on_the_socket_does_no_harm(light) -> None:
    for nonsense in (b"", b"\0\0\0\1x", b"\xff" * 8, b"\0\0\0\2{}", b"\0\0\0\2[]", b'\0\0\0\x13{"request": "run"}  '):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(light.socket))
            connection.sendall(nonsense)
    assert light.run("print(1)") == (0, "1\n", "")


def test_only_the_user_can_open_the_socket(light) -> None:
    assert light.socket.parent.stat().st_mode & 0o777 == 0o700
    assert light.socket.stat().st_mode & 0o777 == 0o600
    light.socket.parent.chmod(0o755)
    try:
        assert not is_private(light.socket.parent)
        assert light.run("print(1)") == (0, "not used: \n", "")
    finally:
        light.socket.parent.chmod(0o700)


def test_it_ends_after_the_minutes_without_a_command_and_leaves_nothing(tmp_path) -> None:
    light = Light(tmp_path, minutes=0.02)
    assert light.run("import time; time.sleep(1.5); print(1)") == (0, "1\n", "")  # a command is no idleness
    assert light.process.wait() == 0
    assert [*tmp_path.iterdir()] == []
    assert light.run("print(1)") == (0, "not used: \n", "")


def test_a_changed_file_of_the_installation_ends_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "x").mkdir()
    settings = tmp_path / "keras" / "keras.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    monkeypatch.setenv("KERAS_HOME", str(settings.parent))
    light = Light(tmp_path / "x")
    assert light.run("print(1)") == (0, "1\n", "")
    settings.write_text('{"floatx": "float16"}')
    assert light.run("print(1)") == (0, f"not used: {settings} has changed, so that it ends.\n", "")
    assert light.process.wait() == 0


def test_a_second_ctrl_c_ends_the_commands_too(tmp_path) -> None:
    light = Light(tmp_path)
    process = light.started(SLEEP)
    process.stdout.readline()
    light.process.send_signal(signal.SIGINT)
    wait_until(lambda: not light.socket.exists())
    assert process.poll() is None
    light.process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == -signal.SIGTERM
    assert light.process.wait() == 0


def test_a_killed_warm_process_takes_its_commands_with_it(tmp_path) -> None:
    light = Light(tmp_path)
    process = light.started(SLEEP)
    process.stdout.readline()
    (child,) = light.commands()
    light.process.kill()
    light.process.wait()
    _, err = process.communicate()
    assert (process.returncode, err) == (137, "the warm process was killed, and this command with it.\n")
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    again = Light(tmp_path)  # the socket of the killed one is in the way of nothing
    assert again.run("print(1)") == (0, "1\n", "")
    again.end()
