"""What the best score of a search is worth: how much of it is the luck of the best of many.

The choice of the best trial is corrected for; that of the best epoch of each trial is not, since predictions are stored
of that epoch alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import ConfigError
from dlpy.experiment.document import read
from dlpy.runs.directory import Run
from dlpy.runs.results import baseline_of, outputs_of
from dlpy.runs.searches import how_searched
from dlpy.runs.trials import Trial, ranked
from dlpy.scores.selection import Scores, Selection, fold_optimism, select
from dlpy.scores.weighted import OfMeans
from dlpy.search.directory import read_result, trial_folder
from dlpy.search.held_out import Part, UnscoredError, read_parts, scores_of
from dlpy.search.row_scores import ON_SCALE, RowScore, row_score

_SAMPLES, _FEWEST_SAMPLES = 1000, 200  # bootstrap samples
_MOST_WEIGHTS = 100_000_000  # of rows, in all samples and trials of a score that needs ranks: some seconds
_TENTH = 10
_TOLERANCE = 2e-3  # of a score computed from stored predictions, against the logged one


@dataclass(frozen=True)
class _Scored:
    """The trials that are compared: their predictions, and their scores as a function of counts, as logged."""

    trials: list[Trial]
    parts: list[Part]
    score: RowScore
    scores: Scores
    scale: float

    @property
    def rows(self) -> int:
        """The number of held-out rows, those of all folds together."""
        return 1 + max(int(part.rows.max()) for part in self.parts)

    @property
    def samples(self) -> int:
        """The number of bootstrap samples; fewer where the rows of many trials are ranked."""
        part = self.parts[0]
        if isinstance(self.score.of(part.target, part.predictions[0]), OfMeans):
            return _SAMPLES
        return max(_FEWEST_SAMPLES, min(_SAMPLES, _MOST_WEIGHTS // (self.rows * len(self.trials))))


def summary_of(run: Run, trials: Sequence[Trial]) -> dict[str, Any]:
    """Return what the best of the trials is worth, for `worth` in summary.json; or the `reason` why it is unknown.

    Entries: `score`, `trials` and `rows` (how many were compared, on how many held-out rows), `best` (its number),
    `best_score`, `expected` on new rows with its `interval` (95 %), `optimism` (positive where the best score is too
    good), `optimism_by_folds`, `alike` (how many trials cannot be distinguished from the best one, which is not
    counted), `tenth_is_alike`, `baseline` (of the run, or the best constant for these rows) and `found`, whether the
    interval is on the good side of the baseline.

    Raises:
        RunError: a file of the search is damaged.
    """
    try:
        return _summary(run, trials)
    except UnscoredError as error:
        return {"reason": str(error)}


def _summary(run: Run, trials: Sequence[Trial]) -> dict[str, Any]:
    how = how_searched(run)
    monitor, is_larger_better = how.monitor, how.direction == "max"
    scored = _scored(run, ranked(trials, how.direction), monitor)
    chosen = select(scored.scores, scored.rows, larger_is_better=is_larger_better, samples=scored.samples)
    if chosen is None:
        raise UnscoredError(f"{monitor} is undefined for most resampled rows")
    baseline = baseline_of(run, monitor.removeprefix("val_"))
    baseline = _best_constant(scored) if baseline is None else baseline
    alike = int(chosen.alike.sum()) - 1
    return {
        "score": monitor,
        "trials": len(scored.trials),
        "rows": scored.rows,
        "best": scored.trials[chosen.best].number,
        "best_score": chosen.score,
        "expected": chosen.expected,
        "interval": list(chosen.interval),
        "optimism": abs(chosen.score - chosen.expected) * _sign(chosen, is_larger_better),
        **_by_folds(scored, is_larger_better=is_larger_better),
        "alike": alike,
        "tenth_is_alike": bool(chosen.alike[_TENTH - 1]) if len(scored.trials) >= _TENTH else None,
        "baseline": baseline,
        "found": None if baseline is None else _is_found(chosen, baseline, is_larger_better),
    }


def _sign(chosen: Selection, is_larger_better: bool) -> int:
    return 1 if (chosen.score >= chosen.expected) == is_larger_better else -1


def _is_found(chosen: Selection, baseline: float, is_larger_better: bool) -> bool:
    low, high = chosen.interval
    return low > baseline if is_larger_better else high < baseline


def _scored(run: Run, trials: list[Trial], monitor: str) -> _Scored:
    """Return the trials with their predictions, after a check that these give the logged scores."""
    if not trials:
        raise UnscoredError("no trial is completed")
    outputs = outputs_of(run)
    name = _output_of(monitor, list(outputs))
    label = monitor.removeprefix("val_")
    label = label.removeprefix(f"{name}_") if len(outputs) > 1 else label
    own = replace(outputs[name], scale=1.0, offset=0.0, log_of_sum=None)  # predictions are stored in the own unit
    score = row_score(label, _training(trial_folder(run, trials[0].number), name), own)
    if score is None:
        raise UnscoredError(f"{monitor} cannot be computed from stored predictions")
    parts = read_parts(run, trials, name, outputs)
    if outputs[name].log_of_sum is not None and score.name in ON_SCALE:
        parts = [part.as_seen(outputs[name]) for part in parts]
    if len(parts) > 1 and score.name in ON_SCALE:
        parts = [_as_logged(run, trials, part, score, monitor) for part in parts]
    scores = scores_of(parts, score)
    found = scores(np.ones((1, 1 + max(int(part.rows.max()) for part in parts))))[0]
    logged = np.array([_logged(trial.scores, monitor, trial.score) for trial in trials], np.float64)
    scale = float(np.median(logged / found)) if score.name in ON_SCALE and (found > 0).all() else 1.0
    if not np.allclose(scale * found, logged, rtol=_TOLERANCE, atol=1e-6):
        raise UnscoredError(f"the stored predictions do not give the logged {monitor}")
    return _Scored(trials, parts, score, lambda counts: scale * scores(counts), scale)


def _as_logged(run: Run, trials: list[Trial], part: Part, score: RowScore, monitor: str) -> Part:
    """Return a part in the unit of its logged scores: each fold standardizes the target by its own training rows."""
    results = [read_result(Run(trial_folder(run, trial.number).path / part.name)) for trial in trials]
    logged = [_logged(result.scores, monitor, None) for result in results if result is not None]
    if len(logged) < len(trials):
        raise UnscoredError(f"some trials have no result.json in {part.name}")
    found = scores_of([part], score)(np.ones((1, 1 + int(part.rows.max()))))[0]
    if not (found > 0).all():
        return part
    ratio = float(np.median(np.array(logged, np.float64) / found))
    factor = ratio**0.5 if score.name == "mse" else ratio
    return replace(part, target=part.target * factor, predictions=part.predictions * factor)


def _logged(scores: Mapping[str, float | None], monitor: str, score: float | None) -> float | None:
    """Return the score of a trial, or of a training of one; of a loss, that without penalties."""
    without = monitor.replace("loss", DATA_LOSS) if monitor.endswith("loss") else monitor
    known = (scores.get(without), scores.get(monitor), score)
    return next((score for score in known if score is not None), None)


def _output_of(monitor: str, names: list[str]) -> str:
    """Return the name of the output that a score is of."""
    if not names:
        raise UnscoredError("the targets of the search are unknown")
    if len(names) == 1:
        return names[0]
    name = monitor.removeprefix("val_")
    found = max((each for each in names if name.startswith(f"{each}_")), key=len, default=None)
    if found is None:
        raise UnscoredError(f"{monitor} is of several outputs together")
    return found


def _training(trial: Run, output: str) -> dict[str, Any]:
    """Return the metrics and the loss of an output in a trial's experiment, as plain values; no code is executed."""
    try:
        training: Any = read(trial.config).values.get("training")
    except (ConfigError, OSError) as error:
        raise UnscoredError(f"the experiment of trial {trial.id} cannot be read: {error}") from None
    known = training if isinstance(training, dict) else {}
    return {key: _of_output(known.get(key), output) for key in ("metrics", "loss")}


def _of_output(given: Any, output: str) -> Any:
    """Return the metrics or the loss of an output; they may be given by the names of outputs."""
    is_by_output = isinstance(given, dict) and "name" not in given
    return given.get(output) if is_by_output else given


def _by_folds(scored: _Scored, *, is_larger_better: bool) -> dict[str, float]:
    """Return the optimism by the folds, where there are any."""
    if len(scored.parts) < 2 or not all("folds" in part.name for part in scored.parts):
        return {}
    each = np.concatenate([scores_of([part], scored.score)(np.ones((1, scored.rows))) for part in scored.parts])
    if not np.isfinite(each).all():
        return {}
    return {"optimism_by_folds": scored.scale * fold_optimism(each, larger_is_better=is_larger_better)}


def _best_constant(scored: _Scored) -> float | None:
    """Return the score of the constant that is best for the held-out rows of each part; None if it is undefined."""
    value = float(np.mean([_of_constant(part, scored.score) for part in scored.parts]))
    return scored.scale * value if np.isfinite(value) else None


def _of_constant(part: Part, score: RowScore) -> float:
    units = part.predictions.shape[-1]
    if part.target.ndim == 1:
        share = np.bincount(part.target, minlength=max(2, units)) / len(part.target)
        guess = share[1:] if units == 1 else share
    else:
        guess = (np.median if score.name == "mae" else np.mean)(part.target, axis=0)
    constant = score.of(part.target, np.broadcast_to(guess, (len(part.target), units)))
    return float("nan") if constant is None else float(constant.of(np.ones((1, len(part.target))))[0])


def lines(summary: dict[str, Any] | None) -> list[str]:
    """Return what the best of a search is worth, in sentences for the terminal; none if it was not estimated."""
    if summary is None:
        return []
    if "reason" in summary:
        return [f"how optimistic the best score is, is unknown: {summary['reason']}"]
    low, high = summary["interval"]
    told = [
        f"best {summary['score']} {summary['best_score']:.4g} of {summary['trials']} trials; about "
        f"{summary['expected']:.4g} is to be expected on new rows (95 %: {low:.4g} to {high:.4g})"
    ]
    if summary["alike"]:
        tenth = ", the tenth best among them" if summary["tenth_is_alike"] else ""
        told.append(f"the best cannot be distinguished from {_others(summary['alike'])}{tenth}")
    if summary["found"] is False:
        told.append(f"nothing was found: that is no better than the baseline {summary['baseline']:.4g}, beyond chance")
    return told


def _others(count: int) -> str:
    return "1 other trial" if count == 1 else f"{count} other trials"
