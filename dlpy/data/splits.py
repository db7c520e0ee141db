"""Training, validation and test splits: hold-out by count, fraction, rows or column, and k-fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.core.options import Block
from dlpy.data.row_order import random_ranks, ranks_of, whole_groups
from dlpy.data.rows import Loaded, Rows, is_missing
from dlpy.data.task import Task


class Holdout(Block):
    """Held-out rows. Short forms: `10000` holds out the first 10,000 rows, `0.2` a random 20%, `test` the test rows."""

    count: Annotated[int, Field(gt=0)] | None = None
    """Number of held-out rows."""
    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Fraction of held-out rows."""
    rows: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None = None
    """First and last held-out row, numbered from 0 in the source, e.g. [8000, 9999]."""
    column: str | None = None
    """Column that assigns rows to splits: rows that contain `value` are held out."""
    value: str = "validation"
    """Value of `column` in the held-out rows."""
    use: Literal["test"] | None = None
    """test: validate on the test rows, as in section 4.4 of the book; test scores are then no longer independent."""
    take: Literal["first", "last", "random"] | None = None
    """Which rows to hold out. Default: the first ones for `count`, random ones for `fraction`."""
    stratify: bool | str | None = None
    """Keep the class proportions equal in both splits; of several targets, those of the named one. Default: true for
    random rows with a single target of classes."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        count = {"type": "integer", "exclusiveMinimum": 0}
        fraction = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
        return {"anyOf": [count, fraction, {"const": "test"}, handler(schema)]}

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return {"count": value}
        if isinstance(value, float):
            return {"fraction": value}
        return {"use": "test"} if value == "test" else value

    @model_validator(mode="after")
    def _one_way(self) -> Holdout:
        given = [name for name in ("count", "fraction", "rows", "column", "use") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("set exactly one of count, fraction, rows, column, use")
        if self.rows and self.rows[0] > self.rows[1]:
            raise ValueError(f"rows: the first row, {self.rows[0]}, comes after the last, {self.rows[1]}")
        if self.stratify and self.order != "random":
            raise ValueError("stratify requires random rows: add 'take: random'")
        return self

    @property
    def order(self) -> Literal["first", "last", "random"]:
        """Which rows are held out: `take` with its default filled in."""
        return self.take or ("first" if self.count else "random")

    def for_few_rows(self) -> Holdout:
        """Return the hold-out as a fraction, for use with a subset of the data that has too few rows for a count."""
        if self.count is None and self.rows is None:
            return self
        return Holdout(fraction=0.25, take="last" if self.rows else self.order)

    def held_out(self, rows: Rows, task: Task, seed: int, key: str = "data.validation") -> np.ndarray:
        """Return for each row whether it is held out: (rows,) bool.

        Raises:
            DataError: one of the two splits would be empty.
        """
        if self.column is not None:
            return _some(rows.columns[self.column] == self.value, f"have '{self.value}' in column '{self.column}'", key)
        if self.rows is not None:
            first, last = self.rows
            return _some((first <= rows.index) & (rows.index <= last), f"are numbered {first} to {last}", key)
        count = self.count or round((self.fraction or 0) * len(rows))
        if not 0 < count < len(rows):
            raise DataError(f"{key}: cannot hold out {count} of {len(rows)} rows: both splits need at least one row.")
        ranks = np.arange(len(rows))
        if self.order == "random":
            labels = _labels(rows, task, self.stratify)
            ranks = random_ranks(rows, labels, np.random.default_rng(seed))
        held = ranks >= len(rows) - count if self.order == "last" else ranks < count
        if "group" in rows.columns:
            groups = rows.columns["group"]
            held = _some(np.isin(groups, groups[held]), "are in held-out groups", key)
        return held


def for_limit(holdout: Holdout | None, limit: int | None) -> Holdout | None:
    """Return the hold-out, converted to a fraction if the rows are limited."""
    return holdout if holdout is None or limit is None else holdout.for_few_rows()


def hold_out(loaded: Loaded, holdout: Holdout | None, seed: int) -> Loaded:
    """Return the data with the hold-out moved from the training rows to the test rows; unchanged for None."""
    if holdout is None:
        return loaded
    held = holdout.held_out(loaded.train, loaded.task, seed, "data.test")
    train, test = np.flatnonzero(~held), np.flatnonzero(held)
    return replace(loaded, train=loaded.train.take(train), test=loaded.train.take(test))


class KFold(Block):
    """How `dlpy kfold` splits the rows that are not test rows into folds.

    A series is split into one block more than there are folds: each block but the first is predicted once, by a model
    that was trained on all earlier blocks.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    """Number of folds; each one is the validation split once."""
    repeats: Annotated[int, Field(ge=1)] = 1
    """Number of repetitions, each with newly shuffled rows (iterated k-fold)."""
    shuffle: bool = True
    """Draw the folds at random; false uses contiguous rows in order, as in section 3.6 of the book. Blocks of a series
    are never shuffled."""
    stratify: bool | str | None = None
    """Keep the class proportions equal in all folds; of several targets, those of the named one. Default: true for
    shuffled rows with a single target of classes."""

    @model_validator(mode="after")
    def _shuffles_if_repeated(self) -> KFold:
        if not self.shuffle and (self.repeats > 1 or self.stratify):
            raise ValueError("repeats and stratify require 'shuffle: true'")
        return self

    def split(self, rows: Rows, task: Task, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (training rows, validation rows) for every fold of every repetition, as positions in `rows`.

        Raises:
            DataError: there are more folds than rows, groups or rows of a class.
        """
        labels = _labels(rows, task, self.stratify) if self.shuffle else None
        _check_folds(self, rows, labels, task)
        for repeat in range(self.repeats):
            fold_of = _fold_numbers(self, rows, labels, np.random.default_rng([seed, repeat]))
            for fold in range(self.folds):
                yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)


def _fold_numbers(kfold: KFold, rows: Rows, labels: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Return the fold, from 0, in which each row is held out: (rows,)."""
    if labels is not None:  # deal out one class after another, so that each fold gets its share of every class
        shuffled = rng.permutation(len(rows))
        return ranks_of(shuffled[np.argsort(labels[shuffled], kind="stable")]) % kfold.folds
    ranks = ranks_of(rng.permutation(len(rows))) if kfold.shuffle else np.arange(len(rows))
    if "group" in rows.columns:
        return whole_groups(rows.columns["group"], ranks, kfold.folds)
    return ranks * kfold.folds // len(rows)


def _labels(rows: Rows, task: Task, stratify: bool | str | None) -> np.ndarray | None:
    """Return the class number of each row, -1 without one; None where rows are not stratified.

    Raises:
        ConfigError: there is no such target, or it has no classes.
    """
    name = stratified(task, stratify)
    if name is None or "group" in rows.columns:
        return None
    output, y = task.outputs[name], rows.targets[name]
    return y.argmax(axis=-1) if output.one_hot else np.where(is_missing(y), -1, y.reshape(-1)).astype(np.int64)


def stratified(task: Task, stratify: bool | str | None) -> str | None:
    """Return the name of the target whose classes are to be in the same proportions, or None."""
    apart = ("regression", "multilabel")
    classified = [name for name, one in task.outputs.items() if one.kind not in apart and not one.is_per_step]
    if isinstance(stratify, str):
        if stratify not in classified:
            hint = did_you_mean(stratify, classified) or " No target has classes."
            raise ConfigError(f"stratify: there is no target '{stratify}' with classes.{hint}")
        return stratify
    if stratify and len(task.outputs) > 1:
        raise ConfigError(f"stratify: name the target, one of {', '.join(classified) or 'none with classes'}.")
    if stratify is False or len(task.outputs) != 1:
        return None
    return classified[0] if classified else None


def _check_folds(kfold: KFold, rows: Rows, labels: np.ndarray | None, task: Task) -> None:
    folds = kfold.folds
    if "group" in rows.columns and len(np.unique(rows.columns["group"])) < folds:
        raise DataError(f"{folds} folds need at least {folds} groups; there are fewer. Use fewer folds.")
    if folds > len(rows):
        raise DataError(f"{folds} folds need at least {folds} rows; there are {len(rows)}. Use fewer folds.")
    if labels is None:
        return
    numbers, counts = np.unique(labels[labels >= 0], return_counts=True)
    if len(counts) and counts.min() < folds:
        number = numbers[counts.argmin()]
        output = task.outputs[stratified(task, kfold.stratify) or ""]
        name = output.classes[number] if output.classes else number
        if counts.min() == 1:
            raise DataError(
                f"class {name} has a single row, which cannot be in both splits. Remove it or add more rows."
            )
        raise DataError(
            f"class {name} has {counts.min()} rows, fewer than {folds} folds. "
            "Use fewer folds, or set kfold.stratify=false to allow folds without this class."
        )


def _some(mask: np.ndarray, what: str, key: str) -> np.ndarray:
    if mask.all() or not mask.any():
        raise DataError(f"{key}: {'all' if mask.all() else 'no'} rows {what}; both splits need at least one row.")
    return mask
