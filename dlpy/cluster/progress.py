"""How far the tasks on a cluster have come, in words."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.cluster.protocol import Task
from dlpy.runs.directory import Run


def progress_of(run: Run, running: Sequence[Task], waiting: int, ended: int) -> str:
    """Return how many tasks have ended, run and wait, and the epochs of those that write into the run."""
    texts = [f"{task.folders[0]}{_epochs(run, task)}" for task in running]
    return f"{ended} ended, {len(running)} handed over ({', '.join(texts)}), {waiting} waiting"


def _epochs(run: Run, task: Task) -> str:
    try:
        text = (run.path / task.folders[0] / "metrics.csv").read_text(encoding="utf-8")
    except OSError:
        return ""
    return f": epoch {text.count(chr(10)) - 1}"
