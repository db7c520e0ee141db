"""The stored predictions of a search's trials for held-out rows, and the scores of the trials on drawn rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.task import Output
from dlpy.data.units import as_seen
from dlpy.runs.directory import Run
from dlpy.runs.predictions import read_fold
from dlpy.runs.trials import Trial
from dlpy.scores.selection import Scores
from dlpy.scores.weighted import OfMeans
from dlpy.search.directory import trial_folder
from dlpy.search.row_scores import RowScore

_MOST_NUMBERS = 50_000_000  # predictions held in memory


class UnscoredError(Exception):
    """The trials cannot be scored from their predictions; the message says why."""


@dataclass(frozen=True)
class Part:
    """Held-out rows that each trial predicted with one model: all of them, or those of a fold or a seed.

    name: of its folder in that of a trial. rows: (rows,) positions among all held-out rows of the search.
    target: (rows,) class numbers, or (rows, units). predictions: (trials, rows, units).
    """

    name: str
    rows: np.ndarray
    target: np.ndarray
    predictions: np.ndarray

    def as_seen(self, output: Output) -> Part:
        """Return the part with numbers as the models see them, where the logarithm of the target is learnt."""
        with np.errstate(invalid="ignore"):
            return replace(self, target=as_seen(self.target, output), predictions=as_seen(self.predictions, output))


def read_parts(run: Run, trials: Sequence[Trial], name: str, outputs: dict[str, Output]) -> list[Part]:
    """Return the predictions of trials for one output, by fold or seed where they have any.

    Raises:
        UnscoredError: predictions are missing, or trials were scored on different rows.
        RunError: a file is damaged.
    """
    if not trials:
        raise UnscoredError("no trial is completed")
    folders = _folders(trial_folder(run, trials[0].number))
    if not folders:
        raise UnscoredError(f"trial {trials[0].number} has no stored predictions")
    size, parts = 0, []
    for folder in folders:
        found = [_read(trial_folder(run, trial.number).path / folder, name, outputs) for trial in trials]
        rows, target = found[0][:2]
        if any(not np.array_equal(rows, others) for others, _, _ in found):
            raise UnscoredError("its trials were scored on different rows")
        size += len(trials) * found[0][2].size
        if size > _MOST_NUMBERS:
            raise UnscoredError(f"its predictions are more than {_MOST_NUMBERS:,} numbers")
        parts.append(_known(Part(folder, rows, target, np.stack([found[2] for found in found])), outputs[name]))
    return _renumbered(parts)


def _folders(trial: Run) -> list[str]:
    """Return the folders with predictions within that of a trial, in order."""
    return sorted(str(path.parent.relative_to(trial.path)) for path in trial.path.glob("**/predictions.npz"))


def _read(folder: Path, name: str, outputs: dict[str, Output]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, targets and predictions of one output: (rows,), (rows,) or (rows, units), (rows, units)."""
    try:
        rows, targets, predictions = read_fold(folder / "predictions.npz", outputs)
    except RunError as error:
        if (folder / "predictions.npz").exists():
            raise
        raise UnscoredError(str(error).rstrip(".")) from None
    output, target, prediction = outputs[name], targets[name], predictions[name]
    if output.has_classes:
        is_one_hot = target.ndim > 1 and target.shape[1] > 1
        target = target.argmax(axis=1) if is_one_hot else target.reshape(-1).astype(np.int64)
    else:
        target = target.reshape(len(target), -1)
    return rows, target, prediction.astype(np.float64)


def _known(part: Part, output: Output) -> Part:
    """Return the part without the rows that lack the target."""
    known = part.target >= 0 if output.has_classes else np.isfinite(part.target.astype(np.float64)).all(axis=1)
    return Part(part.name, part.rows[known], part.target[known], part.predictions[:, known])


def _renumbered(parts: list[Part]) -> list[Part]:
    """Return the parts with rows numbered from 0 without gaps."""
    numbers = np.unique(np.concatenate([part.rows for part in parts]))
    placed = [np.searchsorted(numbers, part.rows) for part in parts]
    return [Part(part.name, rows, part.target, part.predictions) for part, rows in zip(parts, placed, strict=True)]


def scores_of(parts: Sequence[Part], score: RowScore) -> Scores:
    """Return the scores of all trials as a function of counts: the mean over the parts in which each is defined."""
    each = [(part.rows, _scores_of_part(part, score)) for part in parts]

    def scores(counts: np.ndarray) -> np.ndarray:
        found = np.stack([of_part(counts[:, rows]) for rows, of_part in each])
        defined = np.isfinite(found)
        total, count = np.where(defined, found, 0).sum(axis=0), defined.sum(axis=0)
        return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)

    return scores


def _scores_of_part(part: Part, score: RowScore) -> Scores:
    weighted = [score.of(part.target, prediction) for prediction in part.predictions]
    known = [each for each in weighted if each is not None]
    if len(known) < len(weighted):
        raise UnscoredError(f"{score.name} is not known for resampled rows")

    means = [each for each in known if isinstance(each, OfMeans)]
    if len(means) == len(known):
        return _of_means(means)

    def scores(counts: np.ndarray) -> np.ndarray:
        return np.stack([each.of(counts) for each in known], axis=1)

    return scores


def _of_means(each: Sequence[OfMeans]) -> Scores:
    """Return scores that are the same function of means over rows, by one product for all trials."""
    numbers = np.stack([one.numbers for one in each], axis=1)  # (rows, trials, means)
    flat = numbers.reshape(len(numbers), -1)

    def scores(counts: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            means = counts @ flat / counts.sum(axis=1, keepdims=True)
            return each[0].combine(means.reshape(-1, *numbers.shape[1:]))

    return scores
