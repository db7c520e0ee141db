"""The sides of a comparison: one run, or several of the same experiment, with the predictions of each training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlpy.core.errors import ConfigError, RunError
from dlpy.data.rows import known_rows
from dlpy.data.task import Output
from dlpy.runs.directory import ENSEMBLE, Run, require_model
from dlpy.runs.lookup import fold_runs
from dlpy.runs.predictions import BY_ROW, Stored, read_fold, read_fold_quantiles
from dlpy.runs.results import outputs_of, stored_predictions, tasks_of, without_targets
from dlpy.runs.written import read_written

PARTS = ("test", "validation", "out_of_fold")  # which is compared if all sides have it: the first of these

Training = list[Stored]  # the predictions of one training: of the folds, or of the held-out rows


@dataclass(frozen=True)
class Side:
    """What is compared: a run, or several that count as trainings of one experiment with several seeds.

    outputs: of its task, by name. trainings: for each output the predictions of each training; a training has several
    models if they are those of folds.
    """

    name: str
    runs: Sequence[Run]
    outputs: dict[str, Output]
    trainings: dict[str, list[Training]]

    @property
    def count(self) -> int:
        """The number of trainings with different seeds."""
        return len(next(iter(self.trainings.values())))

    @property
    def has_folds(self) -> bool:
        """Whether its predictions are those of the folds of k-fold validation."""
        return any(len(training) > 1 for trainings in self.trainings.values() for training in trainings)


def trainings_of(runs: Sequence[Run]) -> list[Run]:
    """Return the runs of single trainings in the order of the predictions of a side."""
    return [one for run in runs for one in trained_runs(run)]


def parts_of(run: Run) -> list[str]:
    """Return the parts of its rows that a run has predictions for."""
    return [part for part in PARTS if all(_has(one, part) for one in trained_runs(run))]


def side_of(name: str, runs: Sequence[Run], part: str) -> Side:
    """Return a side with the predictions of a part of the rows.

    Args:
        name: as it is shown.
        runs: one, or several of one experiment.
        part: test, validation or out_of_fold.

    Raises:
        RunError: a run has no predictions for this part, or its files are damaged.
    """
    outputs = outputs_of(runs[0])
    found: dict[str, list[Training]] = {output: [] for output in outputs}
    for one in trainings_of(runs):
        by_fold = part == "out_of_fold" and one.record().kind != ENSEMBLE
        given = _folds(one, outputs) if by_fold else _held_out(one, part, outputs)
        for output in outputs:
            found[output].append(given[output])
    return Side(name, runs, outputs, found)


def common_part(runs: Sequence[Run], wanted: str | None) -> str:
    """Return the part that all runs have predictions for: the wanted one, or the first of test, validation and folds.

    Raises:
        ConfigError: there is none.
    """
    for run in runs:
        require_model(run)
        _require_stored(run)
    found = {run.id: parts_of(run) for run in runs}
    shared = [part for part in PARTS if all(part in parts for parts in found.values())]
    if wanted is None and shared:
        return shared[0]
    if wanted in shared:
        return wanted
    lacking = next((name for name, parts in found.items() if (wanted or "") not in parts), runs[0].id)
    if wanted == "test":
        raise ConfigError(f"--split test: run {lacking} was not evaluated: `dlpy evaluate {lacking} --split test`.")
    if wanted is not None:
        raise ConfigError(f"--split {wanted}: run {lacking} has no predictions for these rows.")
    told = "; ".join(f"{name}: {', '.join(parts) or 'none'}" for name, parts in found.items())
    raise ConfigError(f"no rows were scored by all of these runs ({told}).")


def _require_stored(run: Run) -> None:
    """Raise ConfigError if predictions of such a model are never stored."""
    tasks, why = tasks_of(run), without_targets(run)
    if why and (tasks is None or not tasks[1].translates):
        raise ConfigError(f"{why}: compare takes targets that are predicted, or texts that are written.")


def trained_runs(run: Run) -> list[Run]:
    """Return the trainings of a run with several seeds, otherwise the run alone."""
    found = [path for path in (run.path / "seeds").glob("*") if path.name.isdecimal() and path.is_dir()]
    return [Run(path) for path in sorted(found, key=lambda path: int(path.name))] or [run]


def _has(run: Run, part: str) -> bool:
    return any(stored.part == part for stored in _stored(run))


def _stored(run: Run) -> list[Stored]:
    """Return the stored predictions; of a model that writes texts, the checksums of these."""
    return stored_predictions(run) or read_written(run.written, outputs_of(run))


def _held_out(run: Run, part: str, outputs: dict[str, Output]) -> dict[str, Training]:
    known = {stored.output: stored for stored in _stored(run) if stored.part == part}
    named = known if len(outputs) > 1 else {next(iter(outputs)): next(iter(known.values()), None)}
    missing = [output for output in outputs if named.get(output) is None]
    if missing:
        raise RunError(f"run {run.id} has no predictions of {missing[0]} for the {part} rows.")
    return {output: [stored] for output, stored in named.items() if stored is not None}


def _folds(run: Run, outputs: dict[str, Output]) -> dict[str, Training]:
    """Return the predictions of each fold's model by output, for the rows as out-of-fold predictions number them."""
    whole = _held_out(run, "out_of_fold", outputs)
    folds = [read_fold(folder.predictions, outputs) for folder in fold_runs(run)]
    quantiles = [read_fold_quantiles(folder.predictions, outputs) for folder in fold_runs(run)]
    found: dict[str, Training] = {}
    for output, (stored,) in whole.items():
        known = [known_rows(targets[output]) for _, targets, _ in folds]
        rows = [rows[kept] for (rows, _, _), kept in zip(folds, known, strict=True)]
        positions = np.unique(np.concatenate(rows))
        if len(positions) != len(stored.index):
            raise RunError(f"run {run.id} is damaged: its folds do not hold the rows of its predictions.")
        places = [np.searchsorted(positions, own) for own in rows]
        found[output] = [
            taken(stored, place, predictions[output][kept])
            for place, kept, (_, _, predictions) in zip(places, known, folds, strict=True)
        ]
        if stored.quantiles is not None:
            own = [given[output].reshape(-1, *stored.quantiles.shape[1:]) for given in quantiles]
            pairs = zip(found[output], own, strict=True)
            found[output] = [replace(fold, quantiles=given) for fold, given in pairs]
    return found


def taken(stored: Stored, place: np.ndarray, prediction: np.ndarray | None = None) -> Stored:
    """Return some rows of stored predictions, or other predictions for these rows: (rows, units)."""
    own = stored.prediction[place] if prediction is None else prediction.reshape(len(place), -1).astype(np.float64)
    arrays = {name: getattr(stored, name) for name in BY_ROW}
    rows = {name: None if array is None else array[place] for name, array in arrays.items()}
    quantiles = None if stored.quantiles is None or prediction is not None else stored.quantiles[place]
    return replace(stored, prediction=own, quantiles=quantiles, **rows)
