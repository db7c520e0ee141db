"""Checks that the options of csv fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dlpy.datasets._csv_inputs import CsvInput, TableInput
from dlpy.datasets._csv_targets import CsvTarget
from dlpy.datasets._names import Found, Keys, required, wrong_names

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv

_OF_ONE_INPUT = ("numeric", "categorical", "dates", "missing", "transforms", "augmentation")
MARKS = {"group", "validation", "test", "time", "ignore", "keep"}  # of which a column may be several


def wrong_options(data: Csv) -> Iterator[Found]:
    """Yield the mistakes in the options that several inputs and targets bring."""
    if data.task == "pairs":
        yield from _of_pairs(data)
    elif data.target is None and data.targets is None:
        yield required("target", "the column to predict; or name several under 'targets'")
    if data.target is not None and data.targets is not None:
        yield ("target",), "'targets' are given too: list it there, or leave 'targets' out."
    if data.targets is not None:
        yield from _with_targets(data, next(iter(data.targets)))
    if data.inputs is not None:
        yield from _with_inputs(data, next(iter(data.inputs)))
    yield from wrong_names(data.inputs or {}, data.targets or {})


def _of_pairs(data: Csv) -> Iterator[Found]:
    """Yield the mistakes in the options of pairs that belong together."""
    if data.target is not None or data.targets is not None:
        yield ("task",), "pairs: every row is a pair that belongs together, without a target: remove the target."
    if len(data.inputs or {}) != 2:
        yield ("task",), "pairs: name two inputs, such as inputs: {left: {text: a}, right: {text: b, like: left}}."


def _with_targets(data: Csv, first: str) -> Iterator[Found]:
    if data.task not in ("auto", "pairs"):
        yield ("task",), f"with 'targets', each has its own: data.targets.{first}.task."
    if data.only and len(data.targets or {}) > 1:
        yield ("only",), "with several targets, rows cannot be chosen by their class."


def _with_inputs(data: Csv, first: str) -> Iterator[Found]:
    inputs = data.inputs or {}
    for key in _OF_ONE_INPUT:
        if getattr(data, key) not in (None, [], {}, "error"):
            yield (key,), f"with 'inputs', each has its own: data.inputs.{first}.{key}."
    for name, given in inputs.items():
        yield from ((("inputs", name, *keys), message) for keys, message in given.wrong())
    rest = [name for name, given in inputs.items() if isinstance(given, TableInput) and given.columns == "rest"]
    if len(rest) > 1:
        yield ("inputs", rest[1], "columns"), f"'{rest[0]}' takes the rest of the columns already."
    if data.ignore and not rest:
        yield ("ignore",), "the inputs list their columns, so that no others are used: remove it."


def clashing_columns(data: Csv) -> Iterator[Found]:
    """Yield the columns that are used for two purposes; several inputs may use the same column."""
    owners: dict[str, str] = {}
    for keys, name in _claims(data):
        kind, what = str(keys[0]), ".".join(str(key) for key in keys[:2] if key not in ("inputs", "targets"))
        old = owners.setdefault(name, what)
        inputs = data.inputs or {}
        if old == what or {old, what} <= MARKS or (kind == "inputs" and old in inputs):
            continue
        yield (
            keys[:2] if kind in ("inputs", "targets") else keys[:1],
            f"column '{name}' cannot be both {old} and {what}.",
        )


def _claims(data: Csv) -> Iterator[tuple[Keys, str]]:
    """Yield every column that an option names, with the keys of the option."""
    yield from _claims_by_name("targets", data.targets or {})
    yield from (((key,), column) for key, column in data.marks())
    yield from ((("ignore",), column) for column in data.ignore)
    yield from ((("keep",), column) for column in data.keep)
    yield from _claims_by_name("inputs", data.inputs or {})


def _claims_by_name(key: str, blocks: Mapping[str, CsvInput | CsvTarget]) -> Iterator[tuple[Keys, str]]:
    """Yield every column of named inputs or targets."""
    yield from (((key, name), column) for name, block in blocks.items() for column in block.used())
