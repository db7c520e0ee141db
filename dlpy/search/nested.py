"""Nested cross-validation: what the best of a search scores on rows that neither trained nor chose it.

Each outer fold holds out rows, searches on the others alone, refits the best trial on all of these, and scores it once
on the rows held out.

Source: Cawley & Talbot 2010, Journal of Machine Learning Research 11; Varma & Simon 2006, BMC Bioinformatics 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.data.rows import Loaded
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.ranges import Space
from dlpy.runs.directory import FINAL_MODEL, Run
from dlpy.runs.searches import how_searched
from dlpy.training.evaluate import evaluate
from dlpy.training.kfold import spread
from dlpy.training.outer_rows import of_outer_fold

_SCORED = "outer"  # the entry in summary.json of an outer fold that is done


@dataclass(frozen=True)
class OuterFold:
    """An outer fold, numbered from 1: its search, and positions among all rows that are no test rows."""

    number: int
    run: Run
    train: np.ndarray
    held_out: np.ndarray

    def rows(self, loaded: Loaded) -> Loaded:
        """Return the rows that its search sees, with the held-out rows as test rows."""
        return of_outer_fold(loaded, self.train, self.held_out)

    @property
    def is_done(self) -> bool:
        """Whether its best trial has been scored."""
        return _SCORED in self.run.read("summary.json")


def outer_folds(run: Run, experiment: Experiment, loaded: Loaded) -> Iterator[OuterFold]:
    """Yield the outer folds of a search; none if it is not nested.

    Raises:
        DataError: there are more folds than rows, groups or rows of a class.
    """
    count = experiment.search.nested
    if count is None:
        return
    folds = experiment.kfold.model_copy(update={"folds": count, "repeats": 1})
    parts = folds.split(loaded.train, loaded.task, experiment.data.split_seed)
    for number, (train, held_out) in enumerate(parts, 1):
        yield OuterFold(number, Run(run.path / "outer" / f"{number:02d}"), train, held_out)


def inner_document(space: Space) -> Document:
    """Return the experiment file of the searches in the outer folds, which are not nested themselves."""
    values = space.source.values
    return Document(space.source.path, {**values, "search": {**(values.get("search") or {}), "nested": None}})


def score(fold: OuterFold) -> str:
    """Score the final model of a fold's search on the rows held out, and return a line about it."""
    how, summary = how_searched(fold.run), fold.run.read("summary.json")
    found = evaluate(Run(fold.run.path / FINAL_MODEL), ["test"])["test"]
    name = how.monitor.removeprefix("val_")
    value, inner = found["scores"][name], summary["search"]["score"]
    told = {"rows": found["rows"], "trial": summary["search"]["trial"], "inner_score": inner, "scores": found["scores"]}
    fold.run.write("summary.json", summary | {_SCORED: told})
    return f"{name} {value:.4g} on {found['rows']:,} held-out rows; trial {told['trial']} had {how.monitor} {inner:.4g}"


def summarize_outer(run: Run, folds: list[OuterFold]) -> None:
    """Write the scores of the outer folds, their mean and its standard error, as `nested` into summary.json."""
    told = [fold.run.read("summary.json")[_SCORED] for fold in folds]
    names = [name for name in told[0]["scores"] if all(name in one["scores"] for one in told)]
    table = np.array([[_number(one["scores"][name]) for name in names] for one in told])
    means = {key: dict(zip(names, values.tolist(), strict=True)) for key, values in spread(table).items()}
    listed = [{"fold": fold.number, **one} for fold, one in zip(folds, told, strict=True)]
    nested: dict[str, Any] = {"score": how_searched(run).monitor.removeprefix("val_"), "folds": listed, **means}
    run.write("summary.json", run.read("summary.json") | {"nested": nested})


def lines(nested: dict[str, Any] | None) -> list[str]:
    """Return what nested cross-validation found, in a sentence for the terminal; nothing if there was none."""
    if nested is None:
        return []
    name = nested["score"]
    mean, error = nested["mean"][name], nested["standard_error"][name]
    chance = "" if error is None else f" +- {error:.2g} (standard error)"
    return [
        f"nested cross-validation: {name} {_number(mean):.4g}{chance}, the mean of {len(nested['folds'])} outer folds, "
        "is what such a search finds for new rows"
    ]


def _number(value: float | None) -> float:
    return math.nan if value is None else value
