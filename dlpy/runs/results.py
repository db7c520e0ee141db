"""Results of a run: its task, predictions and baselines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dlpy.components.objectives import DATA_LOSS
from dlpy.core.captions import caption
from dlpy.core.errors import RunError
from dlpy.data.tables.decimals import is_number
from dlpy.data.task import Output, Task
from dlpy.runs.directory import ARTWORK_KINDS, Run
from dlpy.runs.predictions import Stored, heading_of, key_of, read_predictions


@dataclass(frozen=True)
class Predictions:
    """Targets and predictions of one split and one output, without rows whose predictions are not finite.

    target: (rows,) class numbers or values, or (rows, units). prediction: (rows, units) float64.
    """

    part: str
    target: np.ndarray
    prediction: np.ndarray
    left_out: int
    name: str = ""  # of the output, if the run has several
    output: Output | None = None
    group: np.ndarray | None = None  # (rows,) numbers of the groups that were kept together

    @property
    def heading(self) -> str:
        """The output's and the split's name in plot titles."""
        note = f" ({self.left_out:,} with non-finite predictions left out)" if self.left_out else ""
        return heading_of(self.part, self.name) + note

    @property
    def key(self) -> str:
        """The name of the split and, of several outputs, of this one, as files are named."""
        return key_of(self.part, self.name)


def output_of(run: Run) -> Output | None:
    """Return the only target of the run's task; None if it trained no model, or has several targets."""
    found = outputs_of(run)
    return next(iter(found.values())) if len(found) == 1 else None


def outputs_of(run: Run) -> dict[str, Output]:
    """Return the outputs of the run's task by name; none if it trained no model."""
    found = tasks_of(run)
    return {} if found is None else found[1].outputs


def names_of_outputs(run: Run) -> list[str]:
    """Return the names of the outputs if the run has several, by which its scores and files are named."""
    found = outputs_of(run)
    return list(found) if len(found) > 1 else []


def tasks_of(run: Run) -> tuple[Task, Task] | None:
    """Return a run's task before and after the transforms, or None if it trained no model.

    Raises:
        RunError: run.json is damaged.
    """
    record = run.record()
    if record.kind in ARTWORK_KINDS or record.raw_task is record.task is None:
        return None
    try:
        return Task.from_record(record.raw_task), Task.from_record(record.task)
    except ValueError as error:
        raise RunError(f"{run.path / 'run.json'} is damaged: its task cannot be read ({error}).") from None


def without_targets(run: Run) -> str:
    """Return why a run stores no predictions of targets: its model gives codes, or generates; empty if it does."""
    outputs = outputs_of(run).values()
    if any(output.kind == "codes" for output in outputs):
        return f"run {run.id} gives codes of rows, not predictions of a target"
    if not all(output.has_answers for output in outputs):
        return f"run {run.id} is generative: it predicts no targets"
    return ""


def spread_lines(run: Run, of: str = "last epoch") -> dict[str, str]:
    """Return a line per score with mean, std and standard error over folds or seeds; none for older runs.

    Args:
        of: what they are scores of.
    """
    summary = run.summary()
    lines = {}
    for score, mean in (summary.mean or {}).items():
        std, error = summary.std.get(score), summary.standard_error.get(score)
        if mean is not None and std is not None and error is not None:
            lines[score] = f"\n{of}: mean {mean:.4g}, std {std:.4g} (n - 1), standard error {error:.4g}"
    return lines


def stored_predictions(run: Run) -> list[Stored]:
    """Return the stored predictions of each split that has any, including non-finite ones.

    Raises:
        RunError: predictions.npz is damaged, or of another task.
    """
    return read_predictions(run.predictions, outputs_of(run) or None)


def predictions_of(run: Run) -> list[Predictions]:
    """Return the finite predictions of each split that has any."""
    found = [_finite(stored) for stored in stored_predictions(run)]
    return [predictions for predictions in found if len(predictions.target)]


def cell(text: str) -> str:
    """Return a text as a CSV cell that spreadsheets do not interpret as a formula."""
    starts = text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if starts and not is_number(text) else text


def class_names(output: Output, count: int) -> list[str]:
    """Return the names of the classes, or their numbers if the data has no names."""
    return list(output.classes) if len(output.classes) == count else [str(number) for number in range(count)]


def baseline_of(run: Run, score: str) -> float | None:
    """Return the baseline's value of a score from summary.json, or None if it is unknown."""
    baseline = run.summary().baseline
    known = {} if baseline is None else baseline.scores
    squared = f"{score.removesuffix('rmse')}mse" if score == "rmse" or score.endswith("_rmse") else ""
    if squared in known:
        value = known[squared]
        return None if value is None else math.sqrt(abs(value))
    value = known.get(score)
    return None if value is None else float(value)


def is_weighted(run: Run, score: str) -> bool:
    """Return whether this score is weighted by class on training rows; validation scores never are."""
    record = run.record()
    of_one = score.removesuffix("_loss") if score.endswith("_loss") else ""
    return of_one in record.weighted_outputs or (score in ("loss", DATA_LOSS) and bool(record.class_weighted))


def baseline_name(run: Run, output: str = "") -> str:
    """Return the description of the baseline in the run's summary.

    Args:
        output: one of several; its own description is then returned, empty if it is unknown.
    """
    baseline = run.summary().baseline
    if output:
        return "" if baseline is None else baseline.guesses.get(output, "")
    return "the last value" if baseline is None else baseline.guess


def of_one(score: str, output: str) -> str:
    """Return the name of a score without that of its output; the empty output is the only one."""
    return score.removeprefix(f"{output}_") if output else score


def score_caption(score: str, output: str) -> str:
    """Return the name of a score for the title of a panel, the name of its output shortened."""
    return f"{caption(output, 20)}_{caption(of_one(score, output))}" if output else caption(score)


def scores_by_output(scores: Iterable[str], outputs: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of scores by the output that they belong to, those of all outputs together under "".

    Args:
        scores: names without `val_`.
        outputs: the names of the outputs if there are several.
    """
    longest_first = sorted(outputs, key=len, reverse=True)
    found: dict[str, list[str]] = {"": [], **{name: [] for name in outputs}}
    for score in scores:
        found[next((name for name in longest_first if score.startswith(f"{name}_")), "")].append(score)
    return {name: own for name, own in found.items() if own}


def in_unit(text: str, output: Output | None) -> str:
    """Return an axis label such as "predicted value (degC)"; the text alone if no unit is known."""
    return caption(f"{text} ({output.unit})" if output is not None and output.unit else text)


def _finite(stored: Stored) -> Predictions:
    good = np.isfinite(stored.prediction).all(axis=1)
    left_out = int(np.sum(~good))
    group = None if stored.group is None else stored.group[good]
    pair = stored.target[good], stored.prediction[good]
    return Predictions(stored.part, *pair, left_out, stored.output, stored.of, group)
