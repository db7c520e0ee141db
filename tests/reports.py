"""Runs written by hand for reports, and what a page says, as a browser without scripts would read it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from dlpy.drawing.png import save_pixels
from dlpy.runs.directory import Run
from tests.plots.conftest import RunFiles, RunMaker

CONFIG = "data: {name: blobs}\nmodel: {name: dense, units: [8]}\ntraining: {epochs: 4}\n"


class Reader(HTMLParser):
    """Collects the elements of a page, the text of each table row, and all text outside scripts and styles."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._inside = ""
        self._in_cell = False
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            return
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


def read(path: Path) -> Reader:
    return Reader(path.read_text())


def curves_in(path: Path) -> list[dict]:
    (block,) = re.findall(r'<script type="application/json" id="curves-data">(.*?)</script>', path.read_text(), re.S)
    return json.loads(block)


def toy(
    make: RunMaker, name: str = "20260101-120000-toy", classes: tuple[str, ...] = ("cat", "dog", "emu"), **record
) -> Run:
    """A run of four epochs on three classes, three of whose four validation rows are right."""
    files: RunFiles = make(name, **record).task("multiclass", 3, list(classes))
    files.metrics({"loss": [1.0, 0.8, 0.6, 0.5], "accuracy": [0.3, 0.5, 0.7, 0.8], "val_loss": [1.1, 0.9, 0.8, 0.9],
                   "val_accuracy": [0.25, 0.5, 0.75, 0.75]})  # fmt: skip
    files.predictions([0, 1, 2, 0], np.eye(3)[[0, 1, 2, 2]] * 0.8 + 0.1, "validation")
    best = {"epoch": 3, "loss": 0.6, "accuracy": 0.7, "val_loss": 0.8, "val_accuracy": 0.75}
    base = {"on": "validation", "guess": f"always class {classes[0]}", "loss": 1.05, "accuracy": 0.5}
    files.summary(
        best=best, last=best | {"epoch": 4}, baseline=base, parameters=67, rows={"train": 12, "validation": 4}
    )
    files.run.config.write_text(CONFIG)
    return files.run


def add_plot(run: Run, name: str = "history") -> Path:
    run.plots.mkdir(exist_ok=True)
    path = run.plots / f"{name}.png"
    save_pixels(np.full((40, 60, 3), 200, np.uint8), path, [run])
    return path
