"""The runs that can be members of an ensemble, and their predictions for the rows that all of them held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlpy.compare.rows import common_rows, options_of, require_alike
from dlpy.compare.sides import Side, taken
from dlpy.core.errors import ConfigError, RunError
from dlpy.core.suggestions import command
from dlpy.ensembles.folds import models_of, require_same_folds
from dlpy.ensembles.own_unit import scored_output
from dlpy.runs.adapted_bands import shown_bands
from dlpy.runs.directory import ENSEMBLE, FOLD, KFOLD, SEARCH_KIND, SEEDS, Run, require_model
from dlpy.runs.lookup import seed_runs
from dlpy.runs.predictions import Stored, read_splits
from dlpy.runs.results import outputs_of, without_targets
from dlpy.scores.calibration import are_probabilities
from dlpy.training.held_out import held_out, out_of_fold


@dataclass(frozen=True)
class HeldOutTogether:
    """Predictions of all members for the same held-out rows.

    first: of each output, targets and predictions of the first member. predictions: of each output, (members, rows,
    units) in the target's own unit. parts: of the data that these rows are. quantiles: of each output that has any,
    (members, rows, units, quantiles), with the widths of each member's own bands.
    """

    first: dict[str, Stored]
    predictions: dict[str, np.ndarray]
    parts: list[str]
    quantiles: dict[str, np.ndarray]


@dataclass(frozen=True)
class Candidate:
    """A run that gets a weight of its own, and the models whose mean predicts for it.

    run: of one training, or of k-fold validation.
    models: the run itself; of k-fold validation without a final model, the folds.
    """

    run: Run
    models: list[Run]


def candidates_of(runs: Sequence[Run]) -> list[Candidate]:
    """Return what an ensemble of these runs combines: for a run of several seeds, the run of each.

    Raises:
        ConfigError: there are fewer than two models, or they do not predict the same targets of the same data.
        RunError: one of the runs keeps no model.
    """
    found = [training for run in runs for training in _trainings(run)]
    members = list({member.path: member for member in found}.values())
    if len(members) < len(found):
        raise ConfigError("a run is given twice: leave it out once.")
    if len(members) < 2 and members[0].record().kind != KFOLD:
        raise ConfigError("an ensemble needs at least two runs, or one run of several seeds or folds.")
    require_alike([Side(member.id, [member], outputs_of(member), {}) for member in members], "combined")
    _require_same_quantiles(members)
    for other in members[1:]:
        _require_same_rows(members[0], other)
    return [Candidate(member, models_of(member, is_alone=len(members) == 1)) for member in members]


def _require_same_quantiles(members: Sequence[Run]) -> None:
    """Raise ConfigError unless all runs predict the same quantiles, or none does."""
    every = [{name: output.quantiles for name, output in outputs_of(member).items()} for member in members]
    for member, found in zip(members, every, strict=True):
        if found != every[0]:
            told = f"runs {members[0].id} and {member.id} do not predict the same quantiles"
            raise ConfigError(f"{told}: train both with the same training.loss.")
        if any(found.values()) and member.record().kind == KFOLD:
            hint = "combine runs of one training each, such as those of --seeds"
            raise ConfigError(f"run {member.id} predicts quantiles, whose folds have no common bands: {hint}.")


def _require_same_rows(one: Run, other: Run) -> None:
    """Raise ConfigError unless two runs held out the same rows, those of k-fold validation in the same folds."""
    folded = [run for run in (one, other) if run.record().kind == KFOLD]
    if len(folded) == 2:
        require_same_folds(one, other)
    elif folded:
        kept = "their held-out rows differ: k-fold runs are combined with k-fold runs over the same folds"
        raise ConfigError(f"{one.id} and {other.id} cannot be combined: {kept}.")
    else:
        _require_same_parts(one, other)


def _trainings(run: Run) -> list[Run]:
    """Return the run, or those of its seeds.

    Raises:
        RunError: it keeps no models, is not complete, or predicts no targets.
    """
    record = run.record()
    if record.kind == SEARCH_KIND:
        new = command("train", run.path / "best.yaml", "--seeds", "5")
        raise RunError(f"run {run.id} is a search, whose trials keep no models: `{new}`, and combine that run.")
    require_model(run)
    if record.kind == FOLD and run.owner is not None:
        raise RunError(f"run {run.id} is a fold: combine all folds with `{command('ensemble', run.owner.id)}`.")
    if record.kind == ENSEMBLE:
        raise RunError(f"run {run.id} is an ensemble: give its members.")
    if record.status != "completed":
        raise RunError(f"run {run.id} is not complete: `{command('resume', run.id)}` first.")
    if why := without_targets(run):
        raise RunError(f"{why}.")
    return seed_runs(run) if record.kind == SEEDS else [run]


def _require_same_parts(one: Run, other: Run) -> None:
    """Raise ConfigError unless two runs held out the same rows."""
    first, second = read_splits(one.splits), read_splits(other.splits)
    for part in ("validation", "test"):
        rows = [np.sort(parts[part]) if part in parts else None for parts in (first, second)]
        if (rows[0] is None) != (rows[1] is None) or not _same(rows[0], rows[1]):
            given = [options_of(run, "data") for run in (one, other)]
            keys = ("split_seed", "validation", "test", "only", "limit")
            why = next((f"data.{key} differs" for key in keys if given[0].get(key) != given[1].get(key)), "")
            told = f"{one.id} and {other.id} cannot be combined: their {part} rows differ"
            raise ConfigError(f"{told}{f' ({why})' if why else ''}.")


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is None or other is None or np.array_equal(one, other)


def held_out_together(members: Sequence[Run]) -> HeldOutTogether | None:
    """Return the members' predictions for the validation rows, or out of fold; None if the data has no such rows.

    Raises:
        ConfigError: they predict other rows or targets, or numbers that are no probabilities.
        RunError: the predictions of a member are missing, damaged, not finite, or of another checkpoint.
    """
    if members[0].record().kind == KFOLD:
        held = [out_of_fold(member) for member in members]
    elif "validation" in read_splits(members[0].splits):
        held = [held_out(member) for member in members]
    else:
        return None
    pairs = list(zip(members, held, strict=True))
    sides = [
        Side(
            member.id,
            [member],
            outputs_of(member),
            {name: [[shown_bands(member, stored)]] for name, stored in own.outputs.items()},
        )
        for member, own in pairs
    ]
    first, predictions, quantiles = {}, {}, {}
    for name in held[0].outputs:
        common = common_rows(sides, name)
        stored = [training[0] for (training,) in common.trainings]
        for member, own in zip(members, stored, strict=True):
            require_probabilities(member, name, own)
        of = None if stored[0].of is None else scored_output(stored[0].of)
        first[name] = replace(stored[0], of=of)
        if len(stored[0].index) < len(held[0].outputs[name].index):  # the drawn windows are numbered otherwise
            first[name] = replace(first[name], drawn=None, history=None, drawn_series=None)
        aligned = [at_rows(own, stored[0].index) for own in stored]
        predictions[name] = np.stack([own.prediction for own in aligned])
        if (every := quantiles_together(aligned)) is not None:
            quantiles[name] = every
    return HeldOutTogether(first, predictions, held[0].parts, quantiles)


def quantiles_together(aligned: Sequence[Stored]) -> np.ndarray | None:
    """Return the quantiles of all members for the same rows, (members, rows, units, quantiles); None without any."""
    found = [own.quantiles for own in aligned if own.quantiles is not None]
    return np.stack(found) if len(found) == len(aligned) else None


def require_probabilities(member: Run, output: str, stored: Stored) -> None:
    """Raise ConfigError if a member predicts classes or labels by numbers that are no probabilities."""
    of = stored.of
    is_event = of is not None and (of.has_classes or of.kind == "multilabel")
    if is_event and not are_probabilities(stored.target, stored.prediction):
        raise ConfigError(f"output '{output}' of run {member.id} gives numbers that are no probabilities.")


def at_rows(stored: Stored, index: np.ndarray) -> Stored:
    """Return stored predictions in the order of these positions, which they hold in any order: (rows,)."""
    order = np.argsort(stored.index)
    place = np.searchsorted(stored.index, index, sorter=order)
    return taken(stored, order[place])
