"""Recording an optimized image in its run: metrics.csv, intermediate images, and the state for resuming."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import DivergedError, RunError, in_one_line
from dlpy.core.parsing import parse
from dlpy.drawing.png import save_pixels
from dlpy.runs.directory import Run
from dlpy.storage.atomic import number_text, storage, write_arrays, write_whole
from dlpy.storage.npz import read_npz

State = dict[str, np.ndarray]
_MIN_SECONDS = 5.0  # between two saved states
_MAX_SHARE = 0.02  # of the running time spent on saving states


class Watcher:
    """Receives progress reports; this base class ignores them."""

    def generated(self, options: list[str]) -> None:
        """Called if images are generated stand-ins, since these options give no path."""

    def begins(self, what: str, total: int) -> None:
        """Called before the first step, with the total number of steps."""

    def advanced(self, done: int) -> None:
        """Called after each step, with the number of steps done."""

    def notice(self, text: str) -> None:
        """Called with a message for the user."""


class Journal:
    """Records the progress of an optimized image in its run, reports it, and saves the state for resuming.

    Args:
        state: the value of `kept_state` if the run is resumed.
    """

    def __init__(self, run: Run, watcher: Watcher, state: State | None = None) -> None:
        self.watcher = watcher
        self.rows: list[dict[str, float]] = []
        self._run = run
        self._seconds: list[float] = []
        self._started = self._kept = time.monotonic()
        self._took = 0.0  # seconds that saving the state took
        self._state = dict(state or {})

    @property
    def path(self) -> Path:
        """The file of the state for resuming."""
        return self._run.unfinished

    def begins(self, what: str, total: int) -> State:
        """Start recording, with the total number of steps; earlier lines of a resumed run are written again.

        Returns:
            The state to resume from, or {} for a new run.
        """
        state = self._state
        if state:
            self.rows = _rows(state.pop("rows"))
            self._seconds = state.pop("seconds").tolist()
        self._started = self._kept = time.monotonic()
        self._started -= self._seconds[-1] if self._seconds else 0.0
        lines = [_line(row, seconds) for row, seconds in zip(self.rows, self._seconds, strict=True)]
        text = "".join([_header(self.rows[0]), *lines] if lines else [])
        write_whole(self._run.metrics, lambda path: path.write_text(text, encoding="utf-8"))
        self.watcher.begins(what, total)
        return state

    def add(self, row: dict[str, float]) -> None:
        """Add a line to metrics.csv: the step or iteration, the loss and its terms.

        Raises:
            DivergedError: the loss is not finite.
        """
        if not np.isfinite(row["loss"]):
            counted, number = next(iter(row.items()))
            raise DivergedError(
                f"the loss became {row['loss']} in {counted} {number:g}. Try smaller layer weights or steps."
            )
        self.rows.append(row)
        self._seconds.append(time.monotonic() - self._started)
        text = ("" if len(self.rows) > 1 else _header(row)) + _line(row, self._seconds[-1])
        with storage(self._run.metrics), self._run.metrics.open("a", encoding="utf-8") as file:
            file.write(text)

    def keep_state(self, state: Callable[[], State]) -> None:
        """Save the state for resuming, unless it was saved a moment ago."""
        began = time.monotonic()
        if began - self._kept < max(_MIN_SECONDS, self._took / _MAX_SHARE):
            return
        lines = {"rows": np.array(json.dumps(self.rows)), "seconds": np.array(self._seconds)}
        write_arrays(self._run.unfinished, {**lines, **state()})
        self._kept = time.monotonic()
        self._took = self._kept - began

    def keep(self, name: str, image: np.ndarray) -> None:
        """Save an image (height, width, channels), in grey levels, as samples/<name>.png."""
        pixels = np.rint(image.clip(0, 255)).astype(np.uint8)
        colours = np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels
        save_pixels(colours, self._run.path / "samples" / f"{name}.png", [])

    def summarize(self, more: dict[str, Any]) -> None:
        """Write summary.json: the first and the last line of metrics.csv, and `more`."""
        self._run.write("summary.json", {"first": self.rows[0], "last": self.rows[-1], **more})
        with storage(self._run.unfinished):
            self._run.unfinished.unlink(missing_ok=True)


@contextmanager
def reading_state(journal: Journal) -> Iterator[None]:
    """Raise RunError for a damaged state."""
    try:
        yield
    except (LookupError, TypeError, ValueError) as error:
        path = journal.path
        raise RunError(
            f"{path} is damaged ({in_one_line(error)}): remove it, and resume will restart the run."
        ) from None


def kept_state(run: Run) -> State:
    """Return the state from which a run is resumed, or {} if there is none or it is damaged."""
    try:
        state = read_npz(run.unfinished)
        rows, seconds = _rows(state["rows"]), state["seconds"]
    except (FileNotFoundError, KeyError, ValueError, RecursionError):
        return {}
    whole = rows and seconds.shape == (len(rows),) and seconds.dtype.kind == "f" and np.isfinite(seconds).all()
    return state if whole and all(row.keys() == rows[0].keys() for row in rows) else {}


def _rows(array: np.ndarray) -> list[dict[str, float]]:
    """Return the saved lines of metrics.csv; raise ValueError if they are damaged."""
    return parse(json.loads(str(array)), list[dict[str, float]], "rows")


def _header(row: dict[str, float]) -> str:
    counted, *names = row
    return ",".join([counted, "seconds", *names]) + "\n"


def _line(row: dict[str, float], seconds: float) -> str:
    counted, *values = row.values()
    return ",".join([f"{counted:g}", f"{seconds:.3f}", *map(number_text, values)]) + "\n"
