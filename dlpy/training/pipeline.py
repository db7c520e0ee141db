"""The rows of a model: loaded or generated, split, and transformed as fitted on the training rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, RunError, UnavailableError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.core.timing import stage
from dlpy.data.class_filter import kept
from dlpy.data.features import Features, Pictures, Scaled, Sparse, Windows
from dlpy.data.rows import Data, Loaded, Rows
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored_sequences import StoredSparse
from dlpy.data.tables.training_ranges import TrainingRanges
from dlpy.data.task import Input, State, Task
from dlpy.data.unfamiliar import Unfamiliar, merged
from dlpy.data.windows import step_at
from dlpy.runs.transform_states import read_states, write_states
from dlpy.storage.atomic import write_whole
from dlpy.training import pieces

SMOKE_ROWS = 256


@stage("reading")
def obtain(dataset: Dataset, seed: int, *, smoke: bool = False) -> Loaded:
    """Return the dataset's rows, or its stand-in: in a smoke test, or where data is missing and the file allows it.

    Raises:
        DataError: the data is missing, damaged or empty.
    """
    if smoke:
        return kept(dataset.stand_in(seed, SMOKE_ROWS), dataset.only)
    try:
        loaded = load_here(dataset)
    except UnavailableError:
        if dataset.fallback != "stand_in":
            raise
        loaded = dataset.stand_in(seed, None)
    if not isinstance(loaded, Loaded):
        raise ConfigError(f"dataset '{dataset.name}': its load() returned {type(loaded).__name__}, not Loaded.")
    for rows in (loaded.train, loaded.test):
        if rows is not None:
            rows.check_lengths(loaded.source.description)
    if len(loaded.train) == 0:
        raise DataError(f"{loaded.source.description} has no rows.")
    return kept(loaded, dataset.only)


def load_here(dataset: Dataset) -> Loaded:
    """Return all rows of a dataset, whose remote files are copied to this machine."""
    copied = dataset.here()
    loaded = copied.load()
    if copied is dataset:
        return loaded
    description = loaded.source.description.replace(str(copied.path), str(dataset.path))
    return replace(loaded, source=replace(loaded.source, description=description))


@dataclass(frozen=True)
class Pipeline:
    """Transforms and the state of each, fitted on the training rows."""

    transforms: list[Transform]
    states: list[State]
    path: Path | None = None  # the file of the run that the states were read from
    ranges: TrainingRanges | None = None  # of numbers before all transforms; runs of earlier versions have none

    @classmethod
    def fit(cls, transforms: list[Transform], rows: Rows, task: Task) -> tuple[Pipeline, Rows, Task]:
        """Return the pipeline fitted on these rows, and the transformed rows and task."""
        states, ranges = [], TrainingRanges.of(rows, task)
        if pieces.in_pieces(rows):
            states, rows, task = pieces.fitted(transforms, rows, task)
            return cls(transforms, states, ranges=ranges), rows, measured(task, rows)
        for transform in transforms:
            state, rows = transform.fit_apply(rows, task)
            states.append(state)
            task = transform.measured(transform.outline(task), state)
            if not isinstance(rows, Rows):
                wrong = f"its apply() returned {type(rows).__name__}, not Rows"
                raise ConfigError(f"transform '{transform.name}': {wrong}.")
        return cls(transforms, states, ranges=ranges), rows, measured(task, rows)

    def apply(self, rows: Rows) -> Rows:
        """Return other rows, transformed as the training rows were."""
        with self._reading():
            if pieces.in_pieces(rows):
                return pieces.applied(list(self._pairs()), rows)
            for transform, state in self._pairs():
                rows = transform.apply(rows, state)
        return rows

    def unfamiliar(self, rows: Rows) -> list[Unfamiliar]:
        """Return the values in other rows that no training row held."""
        if pieces.in_pieces(rows):
            return merged(map(self.unfamiliar, pieces.blocks_of(rows)), len(rows))
        found = [] if self.ranges is None else self.ranges.unfamiliar(rows)
        with self._reading():
            for transform, state in self._pairs():
                found += transform.unfamiliar(rows, state)
                rows = transform.apply(rows, state)
        return found

    def require_task(self, raw: Task, task: Task) -> None:
        """Raise RunError where the states, read from a run, do not turn the task `raw` into the task of the run."""
        with self._reading():
            for transform, state in self._pairs():
                raw = transform.measured(transform.outline(raw), state)
        fits = raw.outputs == task.outputs and raw.inputs.keys() == task.inputs.keys()
        if not fits or not all(_fits(raw.inputs[name], given) for name, given in task.inputs.items()):
            raise RunError(f"{self.path} does not fit the task in run.json: it is damaged, or of another run.")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an error caused by states that were read from a run into an error of the run."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            if self.path is None or plugin_failure(error):
                raise
            raise RunError(f"{self.path} is damaged, or of another run: {in_one_line(error)}.") from error

    def save(self, path: Path) -> None:
        """Write the states of the transforms, and beside them the files for users to read, such as a vocabulary."""
        write_states(path, [transform.name for transform in self.transforms], self.states, self.ranges)
        for transform, state in self._pairs():
            for name, text in transform.files(state).items():
                write_whole(path.with_name(name), lambda temporary, text=text: temporary.write_text(text, "utf-8"))

    def _pairs(self) -> Iterator[tuple[Transform, State]]:
        return zip(self.transforms, self.states, strict=True)

    @classmethod
    def restore(cls, transforms: list[Transform], path: Path) -> Pipeline:
        """Return the pipeline that `save` wrote.

        Raises:
            RunError: the file is missing or damaged.
        """
        names, states, ranges = read_states(path)
        if names != [transform.name for transform in transforms]:
            raise RunError(f"{path} holds the states of other transforms than config.yaml lists.")
        return cls(transforms, states, path, ranges)


def _fits(made: Input, given: Input) -> bool:
    """Return whether an input may be the one that a run was trained with."""
    same = (made.vocabulary, made.categories) == (given.vocabulary, given.categories)
    sizes = [(made.numbers, given.numbers), *zip(made.shape, given.shape, strict=False)]
    return same and all(map(may_be_same, sizes))


def may_be_same(sizes: tuple[int | None, int | None]) -> bool:
    """Return whether two sizes are equal, or one of them is unknown."""
    return None in sizes or sizes[0] == sizes[1]


@dataclass(frozen=True)
class Split:
    """The rows of each part before all transforms."""

    train: Rows
    validation: Rows | None
    test: Rows | None


def split(dataset: Dataset, loaded: Loaded) -> Split:
    """Return the dataset's rows, with the validation rows split off as `data.validation` says."""
    holdout = dataset.validation
    if holdout is None:
        return Split(loaded.train, None, loaded.test)
    if holdout.use == "test":
        if loaded.test is None:
            raise DataError("data.validation: test, but this data has no test rows.")
        return Split(loaded.train, loaded.test, loaded.test)
    train, validation = dataset.divided(loaded, holdout)
    return Split(loaded.train.take(train), loaded.train.take(validation), loaded.test)


class HasTransforms(Protocol):
    """An experiment, or a dataset alone."""

    def all_transforms(self) -> list[Transform]:
        """Return the transforms of the rows, in order."""
        ...


@stage("transforms")
def transform(given: HasTransforms, parts: Split, task: Task) -> tuple[Data, Pipeline]:
    """Return the rows as the model sees them; transforms are fitted on the training rows alone."""
    pipeline, train, task = Pipeline.fit(given.all_transforms(), parts.train, task)
    validation = None if parts.validation is None else pipeline.apply(parts.validation)
    same = parts.test is parts.validation
    test = validation if same else None if parts.test is None else pipeline.apply(parts.test)
    return Data(train, validation, test, task), pipeline


def measured(task: Task, rows: Rows) -> Task:
    """Return the task with the shapes that are known only from the transformed rows."""
    inputs = {name: _measured(given, rows.inputs[name]) for name, given in task.inputs.items()}
    return replace(task, inputs=inputs)


def _measured(given: Input, x: Features) -> Input:
    if isinstance(x, Windows):
        time_steps = {"last": int(x.offsets.argmax()), "before": step_at(x.offsets, x.before)}
        return replace(given, shape=x.shape[1:], target=x.target, **time_steps)
    if isinstance(x, np.ndarray | Scaled | Pictures | StoredArray):
        return replace(given, kind="array", shape=x.shape[1:])
    return replace(given, shape=(x.width,)) if isinstance(x, Sparse | StoredSparse) else given
