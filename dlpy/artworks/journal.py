"""What a picture in the making leaves in its run: a line of metrics.csv for each step, and pictures."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from dlpy.errors import DivergedError
from dlpy.png import save_pixels
from dlpy.runs import Run, storage


class Watcher:
    """Is told how it goes; this one is silent. The command line has one."""

    def generated(self, options: list[str]) -> None:
        """Pictures are generated ones, as these options do not say where others are."""

    def begins(self, what: str, total: int) -> None:
        """The work begins: so many steps."""

    def advanced(self, done: int) -> None:
        """So many steps are done."""

    def notice(self, text: str) -> None:
        """Something worth a line happened."""


class Journal:
    """Writes down how a picture comes about, and tells who watches."""

    def __init__(self, run: Run, watcher: Watcher) -> None:
        self.watcher = watcher
        self.rows: list[dict[str, float]] = []
        self._run = run
        self._started = 0.0

    def begins(self, what: str, total: int) -> None:
        """Learn that the work begins: so many steps. From now on there is something to keep, however it ends."""
        self._started = time.monotonic()
        with storage(self._run.metrics):
            self._run.metrics.touch()
        self.watcher.begins(what, total)

    def add(self, row: dict[str, float]) -> None:
        """Add a line to metrics.csv: what is counted, first, and the loss with its terms.

        Raises:
            DivergedError: the loss is not finite.
        """
        if not np.isfinite(row["loss"]):
            counted, number = next(iter(row.items()))
            raise DivergedError(f"the loss became {row['loss']} in {counted} {number:g}. Try smaller weights or steps.")
        self.rows.append(row)
        counted, *names = row
        cells = [
            f"{row[counted]:g}",
            f"{time.monotonic() - self._started:.3f}",
            *(f"{row[name]:.9g}" for name in names),
        ]
        lines = [",".join([counted, "seconds", *names])] if len(self.rows) == 1 else []
        with storage(self._run.metrics), self._run.metrics.open("a", encoding="utf-8") as file:
            file.write("\n".join([*lines, ",".join(cells)]) + "\n")

    def keep(self, name: str, picture: np.ndarray) -> None:
        """Keep a picture (height, width, channels), in grey levels, as samples/<name>.png."""
        pixels = np.rint(picture.clip(0, 255)).astype(np.uint8)
        colours = np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels
        save_pixels(colours, self._run.path / "samples" / f"{name}.png", [])

    def summarize(self, more: dict[str, Any]) -> None:
        """Write summary.json: the first and the last line, and what else there is to tell."""
        self._run.write("summary.json", {"first": self.rows[0], "last": self.rows[-1], **more})
