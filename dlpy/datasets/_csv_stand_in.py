"""Generated rows in place of a user's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Features, Table, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.datasets._csv_inputs import CsvInput, ImageInput, TableInput
from dlpy.datasets._csv_parts import key_of, targets_of
from dlpy.datasets._csv_targets import CsvTarget, Partners
from dlpy.datasets._generated_targets import answers, classes, mixed, within
from dlpy.stand_ins.sentences import sentences

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv

_MIDDLE, _SPREAD = 1.6e9, 1e7  # seconds since 1970 of generated dates: 2020-09-13, and 116 days
_CATEGORIES = ("red", "green", "blue")

Generated = tuple[Rows, Mapping[str, CsvInput], dict[str, Output]]


def single_rows(data: Csv, rng: np.random.Generator, count: int) -> Generated:
    """Return generated rows of one table and one target.

    Raises:
        ConfigError: the options do not list the columns, or do not give the type of the target.
    """
    if data.task == "auto" or not _listed(data):
        raise ConfigError(
            "data: to generate stand-in rows, set 'task' and list the columns under 'numeric' and 'categorical'."
        )
    given = _only_table(data)
    features, score = _table(rng, count, given.model_copy(update={"transforms": data.transforms}))
    y, output = _target(score, data.task)
    if data.task == "regression":
        y = within(y, data.target_transforms)
    return Rows.single(features, y), {"input": given}, {"target": output}


def named_rows(data: Csv, rng: np.random.Generator, count: int) -> Generated:
    """Return generated rows of several inputs or targets, each of which depends on all inputs.

    Raises:
        ConfigError: the options do not list the columns, or do not give the type of a target.
    """
    inputs = {name: _complete(given, key_of(data, "inputs", name)) for name, given in _inputs(data).items()}
    made = {name: _features(rng, count, given) for name, given in inputs.items()}
    scores = [score for _, score in made.values()]
    found = {
        name: _named_target(rng, mixed(rng, scores), wanted, key_of(data, "targets", name))
        for name, wanted in targets_of(data).items()
    }
    features = {name: x for name, (x, _) in made.items()}
    rows = Rows(features, {name: y for name, (y, _) in found.items()}, np.arange(count))
    return rows, inputs, {name: output for name, (_, output) in found.items()}


def _inputs(data: Csv) -> Mapping[str, CsvInput]:
    if data.inputs is not None:
        return data.inputs
    if not _listed(data):
        raise ConfigError("data: to generate stand-in rows, list the columns under 'numeric' and 'categorical'.")
    return {"input": _only_table(data)}


def _listed(data: Csv) -> list[str]:
    return [*(data.numeric or []), *data.dates, *(data.categorical or [])]


def _only_table(data: Csv) -> TableInput:
    """Return the options of the only input."""
    kinds = {"numeric": data.numeric or [], "categorical": data.categorical or [], "dates": data.dates}
    return _with_orders(TableInput.model_validate({"columns": _listed(data), **kinds}))


def _with_orders(given: TableInput) -> TableInput:
    """Return the options of a table whose generated dates are never in doubt."""
    return given.model_copy(update={"dates": dict.fromkeys(given.dates, "day_first")}) if given.dates else given


def _complete(given: CsvInput, key: str) -> CsvInput:
    """Return the options of an input with what only the file tells filled in, as if listed columns were numeric."""
    if isinstance(given, ImageInput):
        return given if given.size else given.model_copy(update={"size": [32, 32]})
    if not isinstance(given, TableInput):
        return given
    if not given.used():
        raise ConfigError(f"{key}.columns: to generate stand-in rows, list the columns instead of 'rest'.")
    categorical = given.categorical or []
    numeric = [name for name in given.used() if name not in (*categorical, *given.dates)]
    return _with_orders(given.model_copy(update={"numeric": numeric, "categorical": categorical}))


def _table(rng: np.random.Generator, count: int, given: TableInput) -> tuple[Table, np.ndarray]:
    """Return a table and a score of each row that depends on all columns, with a variance of about 1: (rows,)."""
    numeric, categorical, dates = [*(given.numeric or []), *given.dates], given.categorical or [], tuple(given.dates)
    numbers = rng.normal(size=(count, len(numeric)))
    picks = rng.integers(len(_CATEGORIES), size=(count, len(categorical)))
    score = (numbers @ rng.choice([-1.0, 1.0], len(numeric)) + (picks - 1).sum(axis=1)) / np.sqrt(
        len(numeric) + len(categorical)
    )
    first = len(numeric) - len(dates)
    numbers[:, :first] = within(numbers[:, :first], given.transforms)
    numbers[:, first:] = np.round(_MIDDLE + _SPREAD * numbers[:, first:])
    return Table(numbers, tuple(numeric), np.array(_CATEGORIES)[picks], tuple(categorical), dates), score


def _target(score: np.ndarray, kind: str) -> tuple[np.ndarray, Output]:
    """Return targets computed from the score alone, so that a perfect model has no error."""
    if kind == "regression":
        return score.astype(np.float32), Output("regression")
    names = ("a", "b") if kind == "binary" else ("a", "b", "c")
    return classes(score, len(names)), Output("binary", 1, names) if kind == "binary" else Output(
        "multiclass", 3, names
    )


def _features(rng: np.random.Generator, count: int, given: CsvInput) -> tuple[Features, np.ndarray]:
    """Return the generated rows of an input, and the score that can be read from each: (rows,).

    Texts contain keywords of one of three classes, images are bright where the score is high.
    """
    if isinstance(given, TableInput):
        return _table(rng, count, given)
    if isinstance(given, ImageInput):
        height, width = given.size or [32, 32]
        score = np.clip(rng.normal(size=count), -2, 2)
        noise = rng.integers(-20, 21, (count, height, width, given.form.channels))
        return (128 + 50 * score[:, None, None, None] + noise).astype(np.uint8), score
    texts, labels = sentences(int(rng.integers(2**31)), count, 3)
    return Texts(texts), labels - 1.0


def _named_target(rng: np.random.Generator, score: np.ndarray, given: CsvTarget, key: str) -> tuple[np.ndarray, Output]:
    """Return the targets of a target of the user's, computed from the score; a tenth is missing if it is masked.

    Raises:
        ConfigError: only the data decides the type of the target.
    """
    output = given.expected()
    if isinstance(given, Partners):
        return np.ones(len(score), np.int64), output
    if output.kind == "unknown":
        raise ConfigError(f"{key}.task: to generate stand-in rows, set it, such as regression or binary.")
    return answers(rng, score, output)
