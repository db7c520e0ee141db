"""What a cluster does for dlpy: it lists its workers, holds bytes for them, and runs tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from dlpy.runs.how import Place


@dataclass(frozen=True)
class Task:
    """One fold, seed, or group of trials to train on a worker.

    work: a function of a module, given the path of a run and the arguments.
    run: the path of the run where it was started; token: the text of its file `.cluster`, by which a worker that shares
    the storage recognizes it.
    folders: that the work fills, relative to the run.
    versions: of the packages of the machine that hands it over.
    """

    work: Callable[..., Any]
    run: str
    token: str
    arguments: tuple[Any, ...]
    folders: tuple[str, ...]
    versions: Mapping[str, str | None]


@dataclass(frozen=True)
class Order:
    """A task as workers receive it: pickled, with the environment variables that affect its results."""

    task: bytes
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """The result of a task, or the error that ended it.

    files: the task's folders as a tar archive, where the worker does not share the storage.
    differences: what differs on the worker from the machine that started the run.
    """

    result: Any = None
    error: BaseException | None = None
    files: bytes | None = None
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Worker:
    """A worker, and what it has: the versions of its packages, and whether it sees a file of the run's storage."""

    name: str
    versions: Mapping[str, str | None] = field(default_factory=dict)
    shares_storage: bool = False
    error: str | None = None  # why it cannot work
    is_silent: bool = False  # whether it gave no description in time


class Cluster(ABC):
    """A connection to a cluster; its constructor takes a `Place` and raises SetupError where nothing answers."""

    @abstractmethod
    def __init__(self, place: Place) -> None:
        """Connect."""

    @abstractmethod
    def workers(self, probe: str, text: str) -> list[Worker]:
        """Return the workers as they describe themselves within seconds.

        Args:
            probe: path of a file; text: its content, by which a worker knows that it shares the storage.
        """

    @abstractmethod
    def lacks(self) -> str | None:
        """Return what no worker has of the resources that a task needs, or None."""

    @abstractmethod
    def share(self, content: bytes) -> Any:
        """Return a reference to bytes, which each worker receives at most once."""

    @abstractmethod
    def submit(self, order: Order, shared: Any, lost: Callable[[str], bool]) -> Future[bytes | None]:
        """Run a task on a worker, and again where a worker is lost; return its outcome as bytes, None if it has none.

        The future raises SetupError where the cluster cannot run the task.

        Args:
            shared: a reference to the files that workers need which do not share the storage, or None.
            lost: called with the reason when a worker is lost; False if the task must not be run again.
        """

    @abstractmethod
    def count(self) -> int | None:
        """Return the number of workers, or None where the cluster does not answer within 5 seconds."""

    @abstractmethod
    def close(self) -> None:
        """Cancel the tasks that have not ended, and disconnect."""
