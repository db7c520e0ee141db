"""A run that answers requests: its model in memory, and several requests predicted at once where that is the same."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DlpyError, reworded
from dlpy.data.images.files import is_picture
from dlpy.data.tables.rows_as_file import as_file
from dlpy.data.unfamiliar import Unfamiliar
from dlpy.ensembles.predict import OfMember, continued_together, together
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.runs.members import unchanged_members
from dlpy.serve.asked import Asked
from dlpy.serve.refused import Refused, for_clients, wrong
from dlpy.training.decisions import Decision, decisions_of, notes_of
from dlpy.training.evaluate import Tell, Trained, silent, tasks
from dlpy.training.given import Ask, Given, rows_of_file, rows_of_texts
from dlpy.training.held_out import best_epoch
from dlpy.training.predict import (
    Predicted,
    Predictor,
    numbers_for,
    predict_decided,
    told_decisions,
    unfamiliar_rows,
)
from dlpy.training.predict_ahead import continued

_ASK = Ask()
_IMAGE = "{:05}.png"  # files are read by their content, whatever their name


@dataclass(frozen=True)
class Answer:
    """The predictions for the rows of a request, and the values in them that no training row held."""

    predictions: list[dict[str, str | float]]
    unfamiliar: list[dict[str, Any]]


class ServedRun:
    """A run that answers requests."""

    def __init__(self, name: str, run: Run, tell: Tell = silent) -> None:
        """Restore a run's best model, with the temperatures and thresholds that it has now.

        Raises:
            DlpyError: the run predicts nothing, has no model, or is damaged.
        """
        self.name, self.run = name, run
        self._is_ensemble = run.record().kind == ENSEMBLE
        members = unchanged_members(run) if self._is_ensemble else [run]
        self._members = [(member, Predictor.of(member).trained) for member in members]
        self._task = tasks(run)[1]
        self.trained = self._members[0][1]
        translates = self.trained.task.translates
        if not self.takes:
            raise ConfigError(f"run {run.id} takes arrays, which no request holds: predict them with `dlpy predict`.")
        self._decisions = {} if translates else self._told_decisions(tell)

    def _told_decisions(self, tell: Tell) -> dict[str, Decision]:
        if not self._is_ensemble:
            return told_decisions(self.run, self.trained, _ASK, tell)
        decisions = decisions_of(self.run, best_epoch(self.run), tell)
        for line in notes_of(decisions, self._task.outputs):
            tell(line)
        return decisions

    @property
    def takes(self) -> tuple[str, ...]:
        """What requests may hold, the usual first: rows, texts or images; none of these where rows are arrays."""
        data, inputs = self.trained.experiment.data, list(self.trained.raw_task.inputs.values())
        kinds = {given.kind for given in inputs}
        has_rows = data.in_time_order or (data.has_columns and kinds != {"array"})
        if self.trained.task.translates or (kinds == {"text"} and len(inputs) == 1):
            return ("texts", "rows") if has_rows else ("texts",)
        if has_rows:
            return ("rows",)
        return ("images",) if kinds == {"array"} and len(inputs) == 1 and is_picture(inputs[0].shape) else ()

    def answers(self, asked: Sequence[Asked]) -> list[Answer | Refused]:
        """Return an answer to each request; all have the same `form`.

        Requests are predicted together where each row is predicted on its own. If one cannot be read, each is tried
        alone, so that no client suffers from another.
        """
        if len(asked) > 1 and self._is_row_by_row(asked[0]):
            try:
                return self._together(asked)
            except DlpyError:
                pass
        return [self._alone(one) for one in asked]

    def _is_row_by_row(self, asked: Asked) -> bool:
        """Return whether each row has predictions of its own, whatever rows stand beside it."""
        trained = self.trained
        per_step = any(output.is_per_step for output in trained.task.outputs.values())
        return not trained.experiment.data.in_time_order and not per_step and asked.ahead is None

    def _together(self, asked: Sequence[Asked]) -> list[Answer | Refused]:
        values = list(itertools.chain.from_iterable(one.values for one in asked))
        with self._given_to_all(Asked(asked[0].kind, values)) as given:
            predicted = self._predicted(given)
            if len(predicted.lines) != len(values):
                raise wrong("some rows have no predictions of their own.")
            ends = list(itertools.accumulate(map(len, asked)))
            records, parts = predicted.records(), list(itertools.pairwise([0, *ends]))
            unfamiliar = [self._unfamiliar(given, part) if predicted.unfamiliar else [] for part in parts]
        return [
            Answer(records[start:end], _records(found)) for (start, end), found in zip(parts, unfamiliar, strict=True)
        ]

    def _alone(self, asked: Asked) -> Answer | Refused:
        try:
            if asked.ahead is not None:
                predicted = self._continued(asked.values, asked.ahead)
            else:
                with self._given_to_all(asked) as given:
                    predicted = self._predicted(given)
        except DlpyError as error:
            return wrong(for_clients(str(error)))
        return Answer(predicted.records(), _records(predicted.unfamiliar))

    def _continued(self, values: list[Any], steps: int) -> Predicted:
        """Return the predictions for the next rows of a series."""
        with as_file(values) as path:
            found = [continued(trained, path, steps, _ASK) for _, trained in self._members]
        if not self._is_ensemble:
            return found[0]
        return continued_together(self.run, [member for member, _ in self._members], found)

    def _predicted(self, given: Sequence[Given]) -> Predicted:
        """Return the predictions for rows, as each member reads them."""
        if not self._is_ensemble:
            return predict_decided(self.trained, given[0], _ASK, self._decisions)
        found = [
            OfMember(own, numbers_for(trained, own), unfamiliar_rows(trained, own, _ASK))
            for own, (_, trained) in zip(given, self._members, strict=True)
        ]
        return together(self.run, found, self._task, self._decisions)

    @contextmanager
    def _given_to_all(self, asked: Asked) -> Iterator[list[Given]]:
        """Yield the rows of requests as each member reads them."""
        with ExitStack() as stack:
            yield [stack.enter_context(self._given(asked, *member)) for member in self._members]

    @contextmanager
    def _given(self, asked: Asked, run: Run, trained: Trained) -> Iterator[Given]:
        """Yield the rows of requests, read as those of `dlpy predict` are."""
        if asked.kind == "texts":
            yield rows_of_texts(run, trained, asked.values)
        elif asked.kind == "images":
            with _image_files(asked.values) as folder:
                given = rows_of_file(trained, folder, _ASK, silent)
                rows = replace(given.rows, columns={})  # the names of these files say nothing
                yield Given(rows, given.what, {})
        else:
            with as_file(asked.values) as path:
                yield rows_of_file(trained, path, _ASK, silent)

    def _unfamiliar(self, given: Sequence[Given], part: tuple[int, int]) -> list[Unfamiliar]:
        found: dict[str, Unfamiliar] = {}
        for own, (_, trained) in zip(given, self._members, strict=True):
            rows = Given(own.inputs.take(np.arange(*part)), own.what, {})
            found |= {json.dumps(item.record()): item for item in unfamiliar_rows(trained, rows, _ASK)}
        return list(found.values())


@contextmanager
def _image_files(images: Sequence[bytes]) -> Iterator[Path]:
    """Yield a folder with the images, in order."""
    with TemporaryDirectory(prefix="dlpy-images-") as folder:
        for number, image in enumerate(images):
            (Path(folder) / _IMAGE.format(number)).write_bytes(image)
        with reworded(partial(_by_number, folder)):  # the client knows nothing of files
            yield Path(folder)


def _by_number(folder: str, line: str) -> str:
    """Return a line of an error in which images are named by their places in the request."""
    return re.sub(rf"{re.escape(folder)}/0*(\d+)\.png", r"images[\1]", line).replace(folder, "the images")


def _records(found: Sequence[Unfamiliar]) -> list[dict[str, Any]]:
    return [item.record() for item in found]
