"""The scores of several seeds: the means over them, and how far they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlpy.runs.directory import Run
from dlpy.runs.history import mean_over_folds
from dlpy.training.spread import spread

_NOT_SCORES = ("epoch",)


def summarize_seeds(run: Run, seeds: Sequence[Run]) -> None:
    """Write summary.json of a run from those of its seeds: the mean, the spread, and the best and last scores of each.

    The baseline is that of the rows, which all seeds share.
    """
    found = [(seed.read("run.json")["seed"], seed.read("summary.json")) for seed in seeds]
    best, last = ([_scores(summary[block]) for _, summary in found] for block in ("best", "last"))
    first = found[0][1]
    summary = {
        "seeds": [{"seed": seed, "best": summary["best"], "last": summary["last"]} for seed, summary in found],
        **spread_by_name(best),
        **{f"last_{what}": values for what, values in spread_by_name(last).items() if what in ("mean", "std")},
        **{name: first[name] for name in ("baseline", "parameters", "rows")},
    }
    if "in_unit" in first:
        summary["in_unit"] = _mean_in_unit([given["in_unit"] for _, given in found])
    if "outputs" in first:
        own = {name: [given["outputs"][name]["in_unit"] for _, given in found] for name in first["outputs"]}
        summary["outputs"] = {name: {"in_unit": _mean_in_unit(given)} for name, given in own.items()}
    run.write("summary.json", summary)


def spread_by_name(scores: Sequence[Mapping[str, float | None]]) -> dict[str, dict[str, float]]:
    """Return `mean`, `std` (n - 1), `standard_error` and `counted` by score, of the scores that all seeds have."""
    names, table = _table(scores)
    return {what: dict(zip(names, values.tolist(), strict=True)) for what, values in spread(table).items()}


def _table(scores: Sequence[Mapping[str, float | None]]) -> tuple[list[str], np.ndarray]:
    """Return the names of the scores that all seeds have, and their values (seeds, scores), NaN where undefined."""
    names = [name for name in scores[0] if all(name in each for each in scores)]
    return names, np.array([[each[name] for name in names] for each in scores], np.float64)


def _mean_in_unit(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the means of scores in the target's own unit; the baseline is the same for all seeds."""
    means = {}
    for block in ("best", "last"):
        names, table = _table([each[block] for each in given])
        means[block] = dict(zip(names, mean_over_folds(table).tolist(), strict=True))
    return {**given[0], **means}


def _scores(block: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: value for name, value in block.items() if name not in _NOT_SCORES}
