"""What every test can rely on: no network, runs in a temporary folder, and a small dataset that can be learnt."""

from __future__ import annotations

import atexit
import functools
import gc
import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import typer.main
import yaml
from hypothesis import HealthCheck, settings
from plots_left_out import plots_left_out
from shared_graphs import sharing_graphs

from dlpy.cli.main import main
from dlpy.components.dataset import Dataset
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.runs.directory import Run

os.environ["DLPY_OFFLINE"] = "1"
os.environ["DLPY_CACHE"] = tempfile.mkdtemp(prefix="dlpy-tests-")  # never the user's own
atexit.register(shutil.rmtree, os.environ["DLPY_CACHE"], ignore_errors=True)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
settings.register_profile(  # the same examples each time, and nothing that depends on the clock
    "dlpy", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("dlpy")

_TRAINED = Path(os.environ["DLPY_CACHE"]) / "trained"  # runs of this process, by what they were made of
REPOSITORY = Path(__file__).parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"


class Blobs(Dataset):
    """Points around one centre per class, or a number that is linear in them; far enough apart to be learnt."""

    name: Literal["blobs"] = "blobs"
    rows: int = 240
    classes: int = 3
    task: Literal["multiclass", "binary", "regression"] = "multiclass"
    noise: float = 0.3

    def outline(self) -> Task:
        units = self.classes if self.task == "multiclass" else 1
        names = tuple("abcdefghij"[: self.classes]) if self.task == "multiclass" else ("no", "yes")
        return Task.single(Input("array", (4,)), Output(self.task, units, () if self.task == "regression" else names))

    def load(self) -> Loaded:
        rng = np.random.default_rng(7)
        return Loaded(self._rows(rng, self.rows), self._rows(rng, 60), self.outline(), Source("file", "blobs"))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        rng = np.random.default_rng(seed)
        train, test = self._rows(rng, limit or self.rows), self._rows(rng, 60)
        return Loaded(train, test, self.outline(), Source("stand-in", "generated blobs"))

    def _rows(self, rng: np.random.Generator, count: int) -> Rows:
        labels = np.arange(count) % (2 if self.task == "binary" else self.classes)
        centres = np.eye(10, 4) * 2 - np.eye(10, 4, k=4)
        x = (centres[labels] + rng.normal(scale=self.noise, size=(count, 4))).astype(np.float32)
        y = (x @ np.array([1.0, -2.0, 0.5, 3.0])).astype(np.float32) if self.task == "regression" else labels
        return Rows.single(x, y)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that opens a connection to anywhere but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and not host.startswith(("127.", "::1", "localhost")):
            pytest.fail(f"a test opened a connection to {address}")
        connect(self, address)  # type: ignore

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="session")
def no_waiting() -> Iterator[None]:
    """Leave out what takes time and no test of this process can see: flushes to the disk, and parsers made again.

    A training flushes some thirty files, and each command line would build the options of all commands.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="module")
def shared_graphs() -> Iterator[None]:
    """Trace one graph for all trainings of a module that differ only in what variables hold."""
    with sharing_graphs():
        yield


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, away from data, runs and caches of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("DLPY_RUNS", "DLPY_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DLPY_NO_PLUGINS", "0")  # and unset when the test is over, whatever the test ran
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import modules marked as `slow` for `-m quick`: many import TensorFlow."""
    if config.option.markexpr != "quick" or not collection_path.match("test_*.py"):
        return None
    return re.search(r"^pytestmark = .*pytest\.mark\.slow", collection_path.read_text(), re.M) is not None or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `quick` what is not marked as `slow`."""
    for item in items:
        if item.get_closest_marker("slow") is None:
            item.add_marker("quick")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Draw plots after training only for tests marked `plots`."""
    with plots_left_out() if item.get_closest_marker("plots") is None else nullcontext():
        return (yield)


@pytest.fixture(autouse=True)
def no_search_among_what_stays() -> Iterator[None]:
    """Take what a test leaves behind out of later searches for garbage: TensorFlow keeps graphs, more and more."""
    yield
    gc.collect()
    gc.freeze()


class Workbench:
    """Writes experiment files and runs commands in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def write(self, text: str, name: str = "experiment.yaml") -> Path:
        """Write an experiment file."""
        path = self.folder / name
        path.write_text(text)
        return path

    def experiment(self, name: str = "experiment.yaml", **blocks: object) -> Path:
        """Write a small experiment on blobs, with blocks replaced."""
        content = {
            "data": {"name": "blobs"},
            "model": {"name": "dense", "units": [8]},
            "training": {"epochs": 3, "optimizer": {"name": "adam", "learning_rate": 0.02}},
        }
        return self.write(yaml.safe_dump(content | blocks), name)

    def trained(self, path: Path | None = None, *overrides: object) -> Run:
        """Return a run of an experiment file (default: the small one) in the test's `runs`, a copy that it may change.

        It is trained once for the same files in the test's folder. Its config.yaml names the data of the folder where
        it was trained: a test of the training itself, or one that changes its data, uses `run`.
        """
        path = path or self.experiment()

        def train() -> None:
            status, _, err = self.run("train", path, *overrides, "--quiet")
            assert (status, err) == (0, "")

        return self.once((path.name, overrides), train)

    def once(self, key: object, make: Callable[[], object]) -> Run:
        """Return the one run that `make` leaves in `runs`, or a copy, if it was made for this key and these files."""
        files = sorted(file for file in self.folder.rglob("*") if file.is_file() and "runs" not in file.parts)
        content = [(str(file.relative_to(self.folder)), file.read_bytes()) for file in files]
        kept = _TRAINED / hashlib.sha256(repr((key, content)).encode()).hexdigest()
        if not kept.exists():
            before = {*self._runs.glob("*")}
            make()
            (made,) = {*self._runs.glob("*")} - before
            shutil.copytree(made, kept / made.name, symlinks=True)
            return Run(made)
        (made,) = kept.iterdir()
        names = (made.name if number == 1 else f"{made.name}-{number}" for number in count(1))
        free = next(name for name in names if not (self._runs / name).exists())  # others may be of the same second
        return Run(Path(shutil.copytree(made, self._runs / free, symlinks=True)))

    @property
    def _runs(self) -> Path:
        return self.folder / "runs"

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Run a command line and return exit status, standard output and standard error."""
        self._capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        output = self._capsys.readouterr()
        return status, output.out, output.err


@pytest.fixture
def bench(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Workbench:
    """A workbench in the test's folder."""
    return Workbench(workplace, capsys)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; the test skips where it is missing."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real data is not on this machine")
    return REAL_DATA
