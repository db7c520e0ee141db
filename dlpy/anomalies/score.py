"""Scores of the rows of a series: how unlike its forecast each one is, and which are flagged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.anomalies.agreement import Agreement, agreement_of
from dlpy.anomalies.limits import Limits, check_threshold, limits_for
from dlpy.core.errors import ConfigError, DataError
from dlpy.core.suggestions import command
from dlpy.data.quantiles import medians
from dlpy.data.rows import SERIES_SCALE, TRUTH, Rows, series_of
from dlpy.data.tables.timestamps import stamp
from dlpy.data.task import Output, Task
from dlpy.runs.directory import Run, count_look
from dlpy.training.evaluate import Tell, Trained, restore, silent, tasks
from dlpy.training.held_out import held_out
from dlpy.training.loaded_rows import parts_of, same_rows
from dlpy.training.predicted_table import Predicted


@dataclass(frozen=True)
class Scored:
    """Rows of a series with their scores, in order of time.

    rows: with the targets. value, prediction: (rows, numbers) in the target's own unit. score: (rows,) the error in
    standard deviations of the validation errors. flags: (rows,) bool. limits: what the scores are compared with.
    agreement: with the truth, if it is known.
    """

    rows: Rows
    value: np.ndarray
    prediction: np.ndarray
    score: np.ndarray
    limits: Limits
    agreement: Agreement | None

    @property
    def flags(self) -> np.ndarray:
        """Which rows are flagged: (rows,) bool."""
        return self.score > self.limits.limit

    def table(self) -> Predicted:
        """Return a line for each row: where it is, its value, its forecast, its score, whether it is flagged."""
        names = series_of(self.rows)
        series = {} if names is None else {"series": names.tolist()}
        columns = {**series, **_where(self.rows)}
        count = self.value.shape[1]
        for number in range(count):
            after = f"_{number + 1}" if count > 1 else ""
            columns[f"value{after}"] = self.value[:, number].tolist()
            columns[f"prediction{after}"] = self.prediction[:, number].tolist()
        columns["score"] = self.score.tolist()
        columns["flag"] = [str(int(flag)) for flag in self.flags]
        if TRUTH in self.rows.columns:
            columns["truth"] = [str(int(one)) for one in self.rows.columns[TRUTH]]
        return Predicted([*columns], [list(line) for line in zip(*columns.values(), strict=True)], [])


def score(run: Run, path: Path | None, threshold: float, truth: str | None = None, tell: Tell = silent) -> Scored:
    """Return the scores of the rows of a file, or of the run's own series.

    Args:
        run: of a forecast.
        path: the file; None: that of the run's data, of which test rows are looked at.
        threshold: the fraction of the validation rows whose score is not above the limit.
        truth: a column that says which rows are anomalies.
        tell: shows what the user should know.

    Raises:
        ConfigError: the run is no forecast, or there is no such column.
        DataError: the file cannot be read, or there are too few validation rows.
    """
    check_threshold(threshold)
    _require_forecast(run, tasks(run)[0])
    trained = restore(run, "best", tell)
    limits = limits_for(_validation_errors(run, trained), threshold)
    data = trained.experiment.data
    raw = _in_order((data.here() if path is None else data).to_score(path, truth))
    if len(raw) == 0:
        raise DataError(f"{path or 'the series'} has no row with a whole window before it and a value.")
    if path is None and trained.experiment.data.holdouts().get("test"):
        count_look(run)
    rows = trained.applied(raw)
    (predicted,) = trained.own_predictions(rows).values()
    output = trained.task.output
    value = _numbers(raw.y, output)
    prediction = _numbers(medians(predicted, output), output)
    scores = limits.scores((value - prediction) / _scale_of(rows))
    found = None
    if TRUTH in raw.columns:
        found = agreement_of(scores > limits.limit, raw.columns[TRUTH].astype(bool), _begins(raw))
    return Scored(rows, value, prediction, scores, limits, found)


def _require_forecast(run: Run, task: Task) -> None:
    given = next(iter(task.inputs.values()))
    if len(task.outputs) != 1 or task.output.kind != "regression" or given.last is None:
        raise ConfigError(
            f"--score needs a run that forecasts a series, and run {run.id} takes {task.rows}: remove it."
        )


def _validation_errors(run: Run, trained: Trained) -> np.ndarray:
    """Return the errors of the validation rows, (rows, numbers); of several series, in the scale of each."""
    (stored,) = held_out(run).outputs.values()
    output = trained.task.output
    target = _numbers(stored.target, output)
    errors = target - _numbers(stored.prediction, output)  # of quantiles, only the medians are stored
    if not output.by_series:
        return errors
    parts = parts_of(run, trained.experiment, same_rows(run, trained.experiment))
    scale = _scale_of(trained.applied(parts["validation"]))
    if len(scale) != len(errors):
        again = command("evaluate", run.id, "--split", "validation")
        raise DataError(f"the stored predictions of run {run.id} are of other validation rows: first run `{again}`.")
    return errors / scale


def _numbers(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return the numbers that are compared, (rows, numbers) float64: of several steps ahead, the first one."""
    found = numbers.reshape(len(numbers), -1).astype(np.float64)
    return found[:, :1] if output.horizon is not None else found


def _scale_of(rows: Rows) -> np.ndarray:
    """Return the scale of each row's series: (rows, 1), 1 where all share one."""
    return np.asarray(rows.columns.get(SERIES_SCALE, np.ones(len(rows))))[:, None]


def _in_order(rows: Rows) -> Rows:
    return rows.take(np.argsort(rows.index, kind="stable"))


def _begins(rows: Rows) -> np.ndarray:
    """Return which rows do not follow the one before: (rows,) bool."""
    return np.concatenate([[True], np.diff(rows.index) != 1])


def _where(rows: Rows) -> dict[str, list[str]]:
    if "time" in rows.columns:
        return {"time": [stamp(time) for time in rows.columns["time"].astype("datetime64[us]")]}
    return {"row": [str(row) for row in rows.index.tolist()]}
