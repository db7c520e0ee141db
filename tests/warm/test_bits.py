"""Commands that train in a warm process, started by $DLPY_WARM: the same bits, files and lines as without it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlpy.runs.directory import Run
from tests.chaos.__main__ import differences, outcome
from tests.chaos.cases import write_data, write_experiment
from tests.machine import wait_until
from tests.warm.light import heed_signals

pytestmark = [pytest.mark.slow, pytest.mark.plots]

REPOSITORY = Path(__file__).parents[2]
_COMMANDS = """
import sys
from dlpy.cli.main import main
from dlpy.core import keras_backend
from dlpy.drawing.ahead import import_plots
from dlpy.warm.preload import preload
keras_backend.start()
import_plots()
preload()
before = set(sys.modules)
assert main(["train", "experiment.yaml", "training.epochs=2"]) == 0
assert main(["evaluate", "latest"]) == 0
print()
print(*(set(sys.modules) - before))
"""


def started(folder: Path, *arguments: object, **variables: str) -> subprocess.Popen[str]:
    own = {"XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(REPOSITORY), "KERAS_HOME": str(folder / "keras")}
    environment = _before_imports() | own | variables
    command = [sys.executable, "-m", "dlpy", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, preexec_fn=heed_signals)


def _before_imports() -> dict[str, str]:
    """Return the variables of this process without those that TensorFlow, Keras and h5py have set."""
    pairs = Path("/proc/self/environ").read_bytes().split(b"\0")
    first = {os.fsdecode(name) for name, _, _ in (pair.partition(b"=") for pair in pairs)}
    return {name: value for name, value in os.environ.items() if name in first or name.startswith("DLPY_")}


def ended(*arguments: object, **variables: str) -> tuple[int, str, str]:
    process = started(*arguments, **variables)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture(scope="module")
def warm() -> Iterator[Path]:
    """The folder of the socket of a warm process, which a command has started in the background."""
    folder = Path(tempfile.mkdtemp(prefix="dlpy-warm-"))
    assert ended(folder, "evaluate", "nothing", DLPY_WARM="5")[0] == 7
    wait_until((folder / "dlpy-warm" / "socket").exists)
    yield folder
    line = ended(folder, "warm", "--status")[1]
    assert ended(folder, "warm", "--stop") == (0, f"ended {line.partition(':')[0]}\n", "")
    assert not (folder / "dlpy-warm").exists()
    assert ended(folder, "warm", "--status") == (1, "no warm process is running\n", "")
    shutil.rmtree(folder)


@pytest.mark.parametrize(("family", "execution"), [("dense", "epoch"), ("convnet", "steps"), ("rnn", "epoch")])
def test_a_training_gives_the_same_bits_and_lines(bench, warm, family: str, execution: str) -> None:
    write_data(bench.folder)
    write_experiment(bench.folder, family, execution, None)
    status, out, err = ended(warm, "train", "experiment.yaml", "--quiet")
    assert (status, err) == (0, "")
    (first,) = (bench.folder / "runs").iterdir()
    first = first.rename(bench.folder / "warm run")
    cold = bench.run("train", "experiment.yaml", "--quiet")
    (second,) = (bench.folder / "runs").iterdir()
    assert (status, out.count("\n"), err) == (cold[0], cold[1].count("\n"), cold[2])
    assert "weights.npz" in "\n".join(outcome(Run(second)))
    assert differences(outcome(Run(second)), outcome(Run(first))) == []


def test_commands_find_their_modules_imported(bench) -> None:
    write_data(bench.folder)
    write_experiment(bench.folder, "dense", "epoch", None)
    done = subprocess.run([sys.executable, "-c", _COMMANDS], capture_output=True, text=True, check=True)
    imported = done.stdout.splitlines()[-1].split()
    heavy = ("dlpy", "keras", "matplotlib", "numpy", "PIL", "tensorflow")
    found = {name for name in imported if name.partition(".")[0] in heavy}
    assert found <= {"matplotlib.style.core"}  # small, and deprecated: matplotlib alone may import it


def test_an_evaluation_and_a_mistake_say_the_same(bench, warm) -> None:
    write_data(bench.folder)
    write_experiment(bench.folder, "dense", "epoch", None)
    run = bench.trained(bench.folder / "experiment.yaml", "training.epochs=2")
    for command in (["evaluate", run.id], ["evaluate", "none"], ["train", "experiment.yaml", "training.epohcs=3"]):
        assert ended(warm, *command) == bench.run(*command)


def test_ctrl_c_stops_a_training_that_can_be_resumed(bench, warm) -> None:
    write_data(bench.folder)
    write_experiment(bench.folder, "dense", "epoch", None)
    process = started(warm, "train", "experiment.yaml", "training.epochs=100000")
    wait_until(lambda: any((bench.folder / "runs").glob("*/checkpoints/last*")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.startswith("stopped by Ctrl-C. The run so far: ")


def test_minutes_are_checked_before_anything_else(bench, warm) -> None:
    for given in ("soon", "-1", "nan", "2000"):
        status, out, err = ended(warm, "train", "experiment.yaml", DLPY_WARM=given)
        line = f"error: $DLPY_WARM is '{given}'; give minutes, up to 1440, or 0 for no warm process.\n"
        assert (status, out, err) == (2, "", line)
    assert bench.run("warm", "--stop", "--status") == (2, "", "error: --stop, --status: give one of them.\n")


def test_only_one_warm_process_can_be_started(warm) -> None:
    line = "error: a warm process is running, or starting; dlpy warm --status shows it.\n"
    assert ended(warm, "warm", "--minutes", "1") == (7, "", line)
