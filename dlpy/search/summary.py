"""What a search found: summary.json and best.yaml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import DivergedError
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, without_plugins
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, best_trial, read_trials
from dlpy.search.directory import BEST, write_document
from dlpy.search.monitor import Monitored, set_monitor
from dlpy.search.trainer import Trainer
from dlpy.search.worth import summary_of
from dlpy.training.baseline import baseline, beside

_NUMBER = re.compile(r"\d[\d.e+-]*")


def summarize(run: Run, trainer: Trainer, monitored: Monitored, total: int | None) -> Trial:
    """Write summary.json and best.yaml, and return the best trial.

    Raises:
        DivergedError: all trials failed; the message gives the commonest reason.
    """
    trials = read_trials(run)
    best = best_trial(trials, monitored.direction)
    counts = Counter(trial.status for trial in trials)
    found: dict[str, Any] = {"trials": len(trials), "of": total, "counts": dict(sorted(counts.items()))}
    found |= {"monitor": monitored.name, "direction": monitored.direction}
    if best is None:
        run.write("summary.json", {"search": found})
        raise DivergedError(_all_failed(trials))
    found |= {"trial": best.number, "score": best.score, "epoch": best.epoch}
    found |= {"point": best.point, "shown": best.shown}
    summary = {
        "best": {"epoch": best.epoch, "monitor": monitored.name, **best.scores},
        "baseline": _baseline(trainer, best),
        "search": found,
    }
    run.write("summary.json", summary)
    run.write("summary.json", summary | {"worth": summary_of(run, trials)})  # which reads the baseline
    write_document(run.path / BEST, best_document(trainer, best))
    return best


def best_document(trainer: Trainer, best: Trial) -> Document:
    """Return an ordinary experiment with the values of a trial.

    Its training gives the bits of a trial that was trained alone, and a few digits of one that shared its graph.
    """
    document = trainer.space.document(best.point)
    is_classic = isinstance(without_plugins(document).model, EstimatorModel)
    document.values = {
        "name": trainer.first.name,
        **{key: value for key, value in document.values.items() if key != "search"},
    }
    if plugins := document.values.get("plugins"):
        document.values["plugins"] = [Path(plugin).name for plugin in plugins]  # they are beside it
    if not is_classic:
        set_monitor(document, trainer.monitored.name)
    return document


def _baseline(trainer: Trainer, best: Trial) -> dict[str, Any]:
    """Return the baseline on the held-out rows of the best trial, the mean over its folds."""
    prepared = trainer.prepared(best.point)
    found = [_of_part(prepared.experiment, part.data, best) for part in trainer.parts(prepared)]
    if len(found) == 1:
        return {"on": "validation", **found[0]}
    numbers = set.intersection(*({key for key, value in each.items() if _is_number(value)} for each in found))
    means = {key: float(np.mean([each[key] for each in found])) for key in sorted(numbers)}
    return {"on": "validation", "guess": "constant, as in each fold", **means}


def _of_part(experiment: Experiment, data: Any, best: Trial) -> dict[str, Any]:
    scores = baseline(experiment, data.task, data.train, data.validation or data.train)
    return beside(scores, best.scores)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _all_failed(trials: Sequence[Trial]) -> str:
    """Return how many trials failed, and why most of them did."""
    reasons = [trial.reason for trial in trials if trial.reason is not None]
    if not reasons:
        return "no trial was completed: all were pruned, or the time was over before the first one started."
    kinds = [_NUMBER.sub("#", reason) for reason in reasons]  # a learning rate, an epoch
    (kind, count), *_ = Counter(kinds).most_common(1)
    reason = reasons[kinds.index(kind)]
    if len(trials) == 1:
        return f"the only trial failed: {reason}"
    others = f", {count} of them for this reason" if count < len(trials) else ""
    return f"all {len(trials)} trials failed{others}: {reason}"
