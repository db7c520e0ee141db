"""Scores of an ensemble on parts of its data, beside those of its members."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, RunError
from dlpy.data.rows import Rows
from dlpy.data.unfamiliar import Unfamiliar, distinct, require_familiar
from dlpy.data.validate import check_rows
from dlpy.ensembles.members import at_rows, quantiles_together
from dlpy.ensembles.own_unit import answered, scored_output, scored_rows, scored_task
from dlpy.ensembles.scored import diversity_of, is_number, scores_by_name, with_quantiles
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.adapted_bands import with_own_widths
from dlpy.runs.bands import LEARNED, Bands
from dlpy.runs.directory import FOLD, Run, count_look
from dlpy.runs.how import HowCombined
from dlpy.runs.members import how_combined, member_runs, unchanged_members
from dlpy.runs.predictions import Stored
from dlpy.scores.ensembles import combined, cross_combined
from dlpy.training.answers import Answers, answers_for, arrays_of, save_predictions
from dlpy.training.band_scores import band_scores, stored_answers
from dlpy.training.baseline import baseline, beside
from dlpy.training.evaluate import Tell, Trained, groups_of, read_config, restore, silent
from dlpy.training.loaded_rows import raw_parts
from dlpy.training.output_scores import by_output
from dlpy.training.split_names import Part, wanted_parts


def evaluate_ensemble(
    run: Run, parts: list[Part], which: checkpoints.Which = "best", tell: Tell = silent, *, strict: bool = False
) -> dict[str, Any]:
    """Score an ensemble on parts of its data, add the scores to evaluation.json, and return them by part.

    Members are restored one after the other. All of them together are one look at the test rows, that of the ensemble.

    Args:
        parts, tell, strict: as of `evaluate`.
        which: only `best`.

    Raises:
        ConfigError: another checkpoint is asked for.
        RunError: a member is missing or has changed.
        DataError: the data is missing or has changed, has no such part, or is refused by `strict`.
    """
    refuse_checkpoint(which)
    members, sources = unchanged_members(run), _Sources()
    experiment, _ = read_config(members[0])
    wanted, results = wanted_parts(run, parts, sources.of(members[0], experiment)), {}
    for group in groups_of(members, wanted):
        results |= _results(run, members, sources, (group, tell), strict=strict)
    if "test" in results:
        count_look(run)
    run.change("evaluation.json", lambda before: before | results)
    return results


def _results(
    run: Run, members: list[Run], sources: _Sources, what: tuple[list[Part], Tell], *, strict: bool
) -> dict[str, Any]:
    """Return the entries in evaluation.json of parts that the same models predict."""
    parts, tell = what
    restored = restore(members[0], "best", tell, part=parts[0])
    first = _First(restored, sources.of(members[0], restored.experiment), parts)
    found = [first.predicted]
    for member in members[1:]:
        trained = restore(member, "best", tell, part=parts[0])
        found.append(_predicted(trained, sources.of(member, trained.experiment), parts)[0])
    if strict:
        for part in parts:
            require_familiar([one for each in found for one in each[part].unfamiliar], f"the {part} rows")
    return {part: _score(run, first, part, [each[part] for each in found]) for part in parts}


def refuse_checkpoint(which: checkpoints.Which) -> None:
    """Raise ConfigError if not the best checkpoint is asked for."""
    if which != "best":
        raise ConfigError("--checkpoint: an ensemble has the best checkpoint of each member; leave this option out.")


@dataclass(frozen=True)
class _Predicted:
    """A member's predictions for a part of the rows, by output, and the values in it that no training row held."""

    outputs: dict[str, Stored]
    unfamiliar: list[Unfamiliar]


class _Sources:
    """The rows of the members' data; if the next member has the same, they are not loaded again."""

    def __init__(self) -> None:
        self._key = ""
        self._raw: dict[str, Rows] = {}

    def of(self, member: Run, experiment: Experiment) -> dict[str, Rows]:
        """Return the rows of each part before the transforms; those of a fold are those of all folds."""
        owner = member.owner
        member = owner if owner is not None and member.record().kind == FOLD else member
        data = {**experiment.data.model_dump(mode="json"), "transforms": []}
        key = json.dumps([data, member.record().data.sha256], sort_keys=True)
        if key != self._key:
            self._key, self._raw = key, raw_parts(member, experiment)
        return self._raw


class _First:
    """The first member, by whose loss, metrics and rows the ensemble is scored."""

    def __init__(self, trained: Trained, raw: dict[str, Rows], parts: list[Part]) -> None:
        self.trained, self.parts = trained, parts
        self.predicted, self.answers = _predicted(trained, raw, self.parts)
        self.train = scored_rows(trained.applied(raw["train"]), trained.task)
        self.rows = {
            part: self.train if part == "train" else scored_rows(trained.applied(raw[part]), trained.task)
            for part in self.parts
        }


def _predicted(
    trained: Trained, raw: dict[str, Rows], parts: list[Part]
) -> tuple[dict[Part, _Predicted], dict[Part, list[Answers]]]:
    """Return a member's predictions by part, and the answers that they come from."""
    found, answered = {}, {}
    for part in parts:
        if part not in raw:
            raise RunError(f"a member has no {part} rows: its data has changed.")
        rows = trained.applied(raw[part])
        check_rows(rows, part, trained.task)
        predictions = trained.engine.predict_all(rows, trained.experiment.training.batch_size)
        answers = answers_for(raw[part], rows, trained.task, predictions)
        unfamiliar = [] if part == "train" else trained.pipeline.unfamiliar(raw[part])
        found[part] = _Predicted(
            {answer.output: _stored(part, answer, trained.bands) for answer in answers}, unfamiliar
        )
        answered[part] = answers
    return found, answered


def _stored(part: Part, answer: Answers, bands: Bands) -> Stored:
    """Return an output's predictions as they are shown, in the target's own unit."""
    if answer.quantiles is not None:
        shown = with_own_widths(stored_answers(answer, part), bands)
        return replace(shown, of=None if shown.of is None else scored_output(shown.of))
    arrays = arrays_of(answer)
    prediction = arrays["prediction"].reshape(len(arrays["index"]), -1).astype(np.float64)
    return Stored(part, arrays["target"], prediction, arrays["index"], of=scored_output(answer.task.output))


def _score(run: Run, first: _First, part: Part, found: Sequence[_Predicted]) -> dict[str, Any]:
    """Return the entry of a part in evaluation.json."""
    how, rows = how_combined(run), first.rows[part]
    trained = replace(first.trained, task=scored_task(first.trained.task))
    stored = found[0].outputs
    aligned = {name: _aligned(own, [one.outputs[name] for one in found]) for name, own in stored.items()}
    each = {name: np.stack([one.prediction for one in own]) for name, own in aligned.items()}
    together = {name: _together(how, part, name, (own, each[name])) for name, own in stored.items()}
    quantiles = {name: own for name, every in aligned.items() if (own := quantiles_together(every)) is not None}
    bands = {name: combined(own, weights_of(how, name)) for name, own in quantiles.items()}
    scores = scores_by_name(trained.experiment, trained.task, with_quantiles(stored, bands), together)
    common_sense = beside(baseline(trained.experiment, trained.task, first.train, rows), scores)
    answers = [answered(answer, together, bands) for answer in first.answers[part]]
    if part != "train":
        save_predictions(run, part, answers)
    own_scores = [
        scores_by_name(
            trained.experiment,
            trained.task,
            with_quantiles(stored, {name: every[number] for name, every in quantiles.items()}),
            {name: every[number] for name, every in each.items()},
        )
        for number in range(len(found))
    ]
    return {
        "rows": len(rows),
        "checkpoint": "best",
        "unfamiliar": [one.record() for one in distinct(one for predicted in found for one in predicted.unfamiliar)],
        "scores": scores,
        "baseline": common_sense,
        **by_output((trained.experiment, trained.task), answers, common_sense, first.train),
        **band_scores(answers, part, LEARNED),
        "members": [
            {"run": member.id, "weights": dict(known.weights), "scores": own}
            for member, known, own in zip(member_runs(run), how.members, own_scores, strict=True)
        ],
        "diversity": diversity_of(stored, each),
        "cross_fitted": part in how.on,
    }


def _aligned(first: Stored, found: Sequence[Stored]) -> list[Stored]:
    """Return the predictions of all members for the same rows.

    Raises:
        RunError: their rows differ.
    """
    if any(not np.array_equal(np.sort(one.index), np.sort(first.index)) for one in found):
        raise RunError("the members of this ensemble hold out different rows: the data of one has changed.")
    return [at_rows(one, first.index) for one in found]


def _together(how: HowCombined, part: Part, output: str, of: tuple[Stored, np.ndarray]) -> np.ndarray:
    """Return the ensemble's predictions for rows, (rows, units); rows that chose the weights do so crosswise."""
    stored, predictions = of
    if part in how.on:
        return cross_combined(how.weighting, stored.target, predictions, is_number=is_number(stored))
    return combined(predictions, weights_of(how, output))


def weights_of(how: HowCombined, output: str) -> np.ndarray:
    """Return the weights of the members for an output: (members,).

    Raises:
        RunError: they are missing.
    """
    found = [member.weights.get(output) for member in how.members]
    if None in found:
        raise RunError(f"run.json of the ensemble is damaged: a member has no weight for '{output}'.")
    return np.array(found, np.float64)
