"""The rows of trials: loaded, split and transformed again only where a trial has other options for that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.rows import Data, Loaded
from dlpy.data.validate import check
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.storage.atomic import json_text
from dlpy.training.folds import divided, fold_data
from dlpy.training.loaded_rows import loaded_again, loaded_for
from dlpy.training.pipeline import transform
from dlpy.training.prepare import Prepared, with_known_rows


@dataclass(frozen=True)
class Part:
    """The rows of one training as its model sees them, and the positions of its held-out rows."""

    data: Data
    rows: np.ndarray


class TrialRows:
    """The rows of the trials of one process.

    Args of an instance:
        run: the search.
        experiment: at the first point of the space.
        loaded: all rows of that experiment; read again unless given.
    """

    def __init__(self, run: Run, experiment: Experiment, loaded: Loaded | None = None) -> None:
        self._run = run
        self._source = _data_options(experiment)
        self._loaded = loaded_again(run, experiment) if loaded is None else loaded
        self._key, self._parts = "", dict[int, Part]()

    def prepared(self, experiment: Experiment, document: Document) -> Prepared:
        """Return a trial's experiment with its rows, split.

        Raises:
            ConfigError: the experiment does not fit the rows.
        """
        source = _data_options(experiment)
        if source != self._source:
            self._loaded, self._source = loaded_for(self._run, experiment), source
        return with_known_rows(experiment, document, self._loaded)

    def held_out(self, prepared: Prepared) -> Part:
        """Return the rows of a training that is scored on the validation rows."""

        def made() -> Part:
            data, _ = transform(prepared.experiment, prepared.parts, prepared.loaded.task)
            check(data)
            return Part(data, (data.validation or data.train).index)

        return self._kept(prepared, 0) or self._keep(0, made())

    def fold(self, prepared: Prepared, number: int) -> Part:
        """Return the rows of a fold, numbered from 1."""

        def made() -> Part:
            train, validation = divided(prepared)[number - 1]
            return Part(fold_data(prepared, train, validation)[0], validation)

        return self._kept(prepared, number) or self._keep(number, made())

    def _kept(self, prepared: Prepared, number: int) -> Part | None:
        """Return rows that were made for the same options; those of other options are forgotten."""
        experiment = prepared.experiment
        transforms = [transform.model_dump() for transform in experiment.all_transforms()]
        key = json_text([_data_options(experiment), experiment.kfold.model_dump(), transforms])
        if key != self._key:
            self._key, self._parts = key, {}
        return self._parts.get(number)

    def _keep(self, number: int, part: Part) -> Part:
        self._parts[number] = part
        return part


def _data_options(experiment: Experiment) -> str:
    return json_text(experiment.data.model_dump())
