"""Predictions of an ensemble for a user's rows, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.task import Task
from dlpy.data.unfamiliar import Unfamiliar, distinct
from dlpy.ensembles.evaluate import refuse_checkpoint, weights_of
from dlpy.runs.directory import Run
from dlpy.runs.members import how_combined, unchanged_members
from dlpy.scores.ensembles import combined
from dlpy.training.decisions import Decision, decisions_of, notes_of
from dlpy.training.evaluate import Tell, Trained, restore, silent, tasks
from dlpy.training.given import Ask, Given, require_texts, rows_of_file, rows_of_texts
from dlpy.training.held_out import best_epoch
from dlpy.training.predict import Predicted, as_table, numbers_for, unfamiliar_rows
from dlpy.training.predict_ahead import predict_ahead

Asked = Path | list[str]  # a file, or texts


def predict_together(run: Run, asked: Asked, ask: Ask, tell: Tell = silent) -> Predicted:
    """Return an ensemble's predictions for the rows of a user's file, or for texts.

    Members are restored one after the other, and each reads the rows as its own experiment says.

    Raises:
        ConfigError: another checkpoint is asked for, or texts of a run that was not trained on texts.
        DataError: the file cannot be read, or does not fit the members.
        RunError: a member is missing or has changed.
    """
    refuse_checkpoint(ask.checkpoint)
    if not isinstance(asked, Path):
        require_texts(run, ask)
    decisions = decisions_of(run, best_epoch(run), tell, ask.coverage)
    task = tasks(run)[1]
    for line in notes_of(decisions, task.outputs):
        tell(line)
    members = unchanged_members(run)
    first, *others = (_of_member(member, asked, ask, tell if member is members[0] else silent) for member in members)
    for member, one in zip(members[1:], others, strict=True):
        if len(one.given.rows) != len(first.given.rows):
            raise DataError(
                f"{one.given.what}: members read different numbers of rows ({member.id}: {len(one.given.rows):,})."
            )
    return together(run, [first, *others], task, decisions)


def ahead_together(run: Run, path: Path | None, steps: int, ask: Ask, tell: Tell = silent) -> Predicted:
    """Return an ensemble's predictions for the next rows of each series, one line for each row.

    The arguments are those of `predict_ahead`.

    Raises:
        ConfigError: the members predict fewer rows, or another checkpoint is asked for.
        DataError: the members continue other series.
        RunError: a member is missing or has changed.
    """
    refuse_checkpoint(ask.checkpoint)
    members = unchanged_members(run)
    found = [predict_ahead(member, path, steps, ask, tell if member is members[0] else silent) for member in members]
    return continued_together(run, members, found)


def continued_together(run: Run, members: Sequence[Run], found: Sequence[Predicted]) -> Predicted:
    """Return the weighted mean of what each member of an ensemble predicts for the next rows of each series.

    Raises:
        DataError: the members continue other series.
    """
    first, how = found[0], how_combined(run)
    place = first.names.index("prediction")
    marks = [line[:place] for line in first.lines]
    for member, one in zip(members, found, strict=True):
        if one.names != first.names or [line[:place] for line in one.lines] != marks:
            raise DataError(f"members continue other rows ({members[0].id}, {member.id}): give a file that both can.")
    (output,) = tasks(run)[1].outputs
    every = np.array([[line[place:] for line in one.lines] for one in found], np.float64)
    numbers = combined(every, weights_of(how, output)).astype(np.float32)
    unfamiliar = distinct(item for one in found for item in one.unfamiliar)
    lines = [[*mark, *cells] for mark, cells in zip(marks, numbers.tolist(), strict=True)]
    return Predicted(first.names, lines, unfamiliar)


def together(run: Run, found: Sequence[OfMember], task: Task, decisions: dict[str, Decision]) -> Predicted:
    """Return the weighted mean of what the members of an ensemble predict, as a table."""
    unfamiliar = distinct(item for one in found for item in one.unfamiliar)
    numbers = _mean(run, [one.numbers for one in found])
    return as_table(numbers, found[0].given, task, decisions, unfamiliar)


@dataclass(frozen=True)
class OfMember:
    """The rows as a member reads them, its predictions by output, and values that no training row held."""

    given: Given
    numbers: dict[str, np.ndarray]
    unfamiliar: list[Unfamiliar]


def _of_member(member: Run, asked: Asked, ask: Ask, tell: Tell) -> OfMember:
    trained = restore(member, "best", tell)
    given = _given(member, trained, asked, ask, tell)
    unfamiliar = unfamiliar_rows(trained, given, ask)
    return OfMember(given, numbers_for(trained, given), unfamiliar)


def _given(member: Run, trained: Trained, asked: Asked, ask: Ask, tell: Tell) -> Given:
    if isinstance(asked, Path):
        return rows_of_file(trained, asked, ask, tell)
    return rows_of_texts(member, trained, asked)


def _mean(run: Run, found: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the weighted mean of the members' predictions by output: (rows, units)."""
    how = how_combined(run)
    return {
        name: combined(np.stack([own[name] for own in found]), weights_of(how, name)).astype(np.float32)
        for name in found[0]
    }
