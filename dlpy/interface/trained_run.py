"""A run as a value in a program: its scores, its history, and what its model predicts."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.compare.score_intervals import with_intervals
from dlpy.core.errors import ConfigError
from dlpy.data.tables.rows_as_file import as_file
from dlpy.drawing.process import draw_all
from dlpy.ensembles.evaluate import evaluate_ensemble
from dlpy.ensembles.predict import ahead_together, predict_together
from dlpy.interface.as_html import as_html
from dlpy.runs.directory import ENSEMBLE, SEEDS, Run
from dlpy.runs.history import read_history
from dlpy.storage.fetched import here
from dlpy.training.decisions import with_decisions
from dlpy.training.evaluate import checkpoint_name, evaluate
from dlpy.training.evaluate_seeds import evaluate_seeds, refuse_for_seeds
from dlpy.training.given import Ask
from dlpy.training.predict import Predicted, Predictor
from dlpy.training.predict_ahead import predict_ahead
from dlpy.training.split_names import part_names


class TrainedRun:
    """A run: read from its directory whenever asked, so that it may still be training.

    In a notebook it is shown as a table of its scores beside the baseline.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._restored: tuple[Path, Predictor] | None = None  # the checkpoint, and what was restored from it

    @property
    def id(self) -> str:
        """Its name in the folder of runs."""
        return self._run.id

    @property
    def path(self) -> Path:
        """Its directory."""
        return self._run.path

    @property
    def status(self) -> str:
        """Such as `completed`, `running` or `interrupted`."""
        return self._run.record().status

    @property
    def scores(self) -> dict[str, float | None]:
        """The scores of the best epoch by name, of folds the means at that epoch; of seeds, the means of their best
        scores. Empty until training ends."""
        summary = self._run.summary()
        return dict(summary.mean or {}) if summary.best is None else dict(summary.best.scores)

    @property
    def baseline(self) -> dict[str, float | None]:
        """What the same rows score without learning, by the name of the score."""
        found = self._run.summary().baseline
        return {} if found is None else dict(found.scores)

    @property
    def history(self) -> dict[str, np.ndarray]:
        """The scores of every epoch, (epochs,) by name, and `epoch`. Empty before the first epoch ends."""
        found = read_history(self._run.metrics)
        return {} if found is None else {found.counted: found.epochs, **found.curves}

    @property
    def summary(self) -> dict[str, Any]:
        """The content of summary.json: scores, baseline and sizes."""
        return self._run.read("summary.json")

    def evaluate(
        self,
        split: str | Sequence[str] = (),
        *,
        checkpoint: str = "best",
        interval: bool = False,
        strict: bool = False,
    ) -> dict[str, Any]:
        """Return scores, baseline and more by part of the rows, as `dlpy evaluate --json` prints.

        Args:
            split: train, validation or test, or several of these; default: validation and test.
            checkpoint: best or last.
            interval: add the 95 % interval of each score.
            strict: refuse rows with values that no training row had.

        Raises:
            DlpyError: as the command fails.
        """
        parts, which = part_names([split] if isinstance(split, str) else list(split)), checkpoint_name(checkpoint)
        kind = self._run.record().kind
        if kind == SEEDS:
            refuse_for_seeds(self._run, {"interval": interval})
            return evaluate_seeds(self._run, parts, which, _warn, strict=strict)
        score = evaluate_ensemble if kind == ENSEMBLE else evaluate
        results = score(self._run, parts, which, _warn, strict=strict)
        results = with_intervals(self._run, results) if interval else results
        return with_decisions(self._run, results, _warn, None, is_best=which == "best")

    def predict(
        self,
        rows: Any = None,
        *,
        ahead: int | None = None,
        keep: Sequence[str] = (),
        coverage: float | None = None,
        strict: bool = False,
    ) -> dict[str, np.ndarray]:
        """Return predictions for rows, by the columns of the CSV that `dlpy predict` writes, in the order of the rows.

        The model stays in memory, so that later calls take milliseconds.

        Args:
            rows: the path or address of a file or folder; a list of texts; a list of mappings; a mapping from column
                to cells; a data frame of pandas or polars; or arrays by their names in the npz file of the training.
            ahead: predict as many next rows of each series in `rows` (default: of the data).
            keep: columns of the rows to put in front of the predictions.
            coverage: of intervals or sets to add, such as 0.9.
            strict: refuse rows with values that no training row had.

        Raises:
            DlpyError: as the command fails.
        """
        ask = Ask("best", tuple(keep), strict, coverage)
        if ahead is not None:
            continued = ahead_together if self._run.record().kind == ENSEMBLE else predict_ahead
            with nullcontext() if rows is None else _file_of(rows) as path:
                return _arrays(continued(self._run, path, ahead, ask, _warn))
        if rows is None:
            raise ConfigError("give rows to predict, or the number of rows `ahead` of a series.")
        if isinstance(rows, list | tuple) and rows and all(isinstance(row, str) for row in rows):
            return _arrays(self._of(list(rows), ask))
        with _file_of(rows) as path:
            return _arrays(self._of(path, ask))

    def plot(self) -> list[Path]:
        """Draw all plots that apply, as `dlpy plot` does, and return their files."""
        draw_all(self._run, _warn)
        return sorted(self._run.plots.glob("[!.]*.png"))

    def _predictor(self) -> Predictor:
        """Return the best model, restored once for each checkpoint: a run that is still training finds better ones."""
        checkpoint = (self._run.checkpoints / "best").resolve()
        if self._restored is None or self._restored[0] != checkpoint:
            self._restored = checkpoint, Predictor.of(self._run, tell=_warn)
        return self._restored[1]

    def _of(self, given: Path | list[str], ask: Ask) -> Predicted:
        """Return the predictions for the rows of a file, or for texts."""
        if self._run.record().kind == ENSEMBLE:
            return predict_together(self._run, given, ask, _warn)
        if isinstance(given, Path):
            return self._predictor().file(given, ask, _warn)
        return self._predictor().texts(given, ask, _warn)

    def __repr__(self) -> str:
        return f"<TrainedRun {self.id}: {self.status}>"

    def _repr_html_(self) -> str:
        return as_html(self.id, self.status, self.scores, self.baseline)


def _file_of(rows: Any) -> AbstractContextManager[Path]:
    """Return a block within which rows are in a file of this machine."""
    return here(str(rows)) if isinstance(rows, str | Path) else as_file(rows)


def _arrays(predicted: Predicted) -> dict[str, np.ndarray]:
    """Return the columns of predictions as arrays (rows,); warn of values that no training row held."""
    for item in predicted.unfamiliar:
        _warn(item.line())
    columns = zip(*predicted.lines, strict=True)
    return {name: np.array(column) for name, column in zip(predicted.names, columns, strict=True)}


def _warn(line: str) -> None:
    """Warn at the line of the program that called dlpy."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ("dlpy", "contextlib"):
        level, frame = level + 1, frame.f_back
    warnings.warn(line, stacklevel=level)
