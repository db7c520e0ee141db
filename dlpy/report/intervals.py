"""Intervals of the scores of a run that has none stored, from its predictions.

Losses of networks have none: TensorFlow would compute them.
"""

from __future__ import annotations

from collections.abc import Iterator

from dlpy.compare.score_intervals import intervals_of
from dlpy.compare.sides import parts_of
from dlpy.components.estimator import EstimatorModel
from dlpy.core.parsing import parse
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.runs.record import Intervals
from dlpy.runs.results import stored_predictions

_MOST_ROWS = 2000  # of a part, in the report at the end of a training: more would take longer than 0.1 s


def missing_intervals(run: Run, experiment: Experiment, *, quick: bool) -> dict[str, Intervals]:
    """Return the intervals of the parts whose predictions are stored and that have none in evaluation.json.

    Args:
        run: one that holds a single model.
        experiment: of the run.
        quick: whether parts with many rows are left out.
    """
    found, is_classic = {}, isinstance(experiment.model, EstimatorModel)
    evaluated = run.evaluation()
    for part, scores in _scored(run):
        told = evaluated.get(part)
        if (told is None or told.intervals is None) and not (quick and _rows(run, part) > _MOST_ROWS):
            content = intervals_of(run, part, scores, with_loss=is_classic)
            if content:
                found[part] = parse(content["intervals"], Intervals)
    return found


def _scored(run: Run) -> Iterator[tuple[str, dict[str, float | None]]]:
    """Yield each part with predictions and its scores."""
    evaluated, best = run.evaluation(), run.summary().best
    for part in parts_of(run):
        if part in evaluated:
            yield part, dict(evaluated[part].scores)
        elif part == "validation" and best is not None:
            held_out = {name: value for name, value in best.scores.items() if name.startswith("val_")}
            yield part, {name.removeprefix("val_"): value for name, value in held_out.items()}


def _rows(run: Run, part: str) -> int:
    return max((len(stored.target) for stored in stored_predictions(run) if stored.part == part), default=0)
