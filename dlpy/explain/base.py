"""What explanations of tables, texts and series have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlpy.drawing.figures import save
from dlpy.explain.predictor import Predictor, predictor_of
from dlpy.explain.request import Ask
from dlpy.explain.watcher import Watcher
from dlpy.runs.directory import Run


@dataclass(frozen=True)
class Explanation:
    """Explains a run, or its predictions, into a folder."""

    run: Run
    ask: Ask
    folder: Path
    watcher: Watcher

    def predictor(self) -> Predictor:
        """Return the restored run."""
        self.watcher.begins("restoring the run")
        ask = self.ask
        part = None if ask.texts or ask.file is not None else ask.part
        return predictor_of(self.run, ask.checkpoint, self.watcher.notice, part)

    def save(self, figure: Any, name: str) -> str:
        """Write a figure to a file of that name in the folder; return its path."""
        path = self.folder / f"{name}.png"
        save(figure, path, [self.run])
        self.watcher.wrote(path)
        return str(path)
