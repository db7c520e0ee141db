"""The order in which the rows of a table are split: that of a column of dates, or a random one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError
from dlpy.data.tables import timestamps
from dlpy.data.tables.dates import Dates
from dlpy.starter.sample import is_in_pieces
from dlpy.starter.series import by_hand
from dlpy.starter.study import Study
from dlpy.starter.timeline import LEAST_ROWS, trouble
from dlpy.starter.trial import Trial, trial_of


@dataclass(frozen=True)
class Order:
    """The order that training can start with.

    time: the column of dates, or None for a random order. notes: on the choice. trial: the rows of each part.
    """

    time: str | None
    notes: list[str]
    trial: Trial


def first_order(study: Study, dataset: Callable[[str | None], Dataset]) -> Order:
    """Return the first order that training can start with: that of time if there are dates, then a random one.

    Args:
        study: the table.
        dataset: returns the dataset for an order.

    Raises:
        DataError: training cannot start with any.
    """
    first: DataError | None = None
    for time, notes in _orders(study):
        try:
            return Order(time, notes if first is None else [_not_in_order(first)], trial_of(dataset(time)))
        except DataError as error:
            first = first or error
    raise first or DataError(f"{study.file.path} cannot be split.")


def _orders(study: Study) -> Iterator[tuple[str | None, list[str]]]:
    time, notes = _order_of(study)
    if time is not None and is_in_pieces(study.file):
        sorting = f"Rows are split at random: sorting by {time} needs all of them in memory"
        yield None, [f"{sorting}. If the file is in its order, hold out the last rows: validation: {{take: last, ...}}"]
        return
    yield time, notes
    if time is not None:
        yield None, []


def _not_in_order(error: DataError) -> str:
    return f"Rows are split at random, since in time order training could not start: {str(error).removesuffix('.')}"


def no_series(study: Study) -> list[str]:
    """Return why the rows are not a series, for each column of dates, if the target could be forecast."""
    if study.output.kind != "regression" and not study.columns[study.target].is_numeric:
        return []
    lines = []
    for name, dates in study.others.dates.items():
        wrong = trouble(study.file, name, dates)
        if wrong:
            lines.append(f"Column {name} cannot be the time of a series: {wrong}")
        elif len(study.file) < LEAST_ROWS:
            lines.append(f"Column {name} holds times, but {by_hand(study.file, name, study.target)}")
    return lines


def _order_of(study: Study) -> tuple[str | None, list[str]]:
    """Return the column of dates to split the rows by, if any, and comments that explain it."""
    dates = study.others.dates
    if not dates:
        return None, []
    name = min(dates, key=lambda name: _rank(dates[name]))
    found = dates[name]
    wrong = trouble(study.file, name, found)
    if found.doubtful:
        hint = f"Correct it, or split the rows at random with --ignore {name}."
        raise DataError(
            f"{study.file.path}: rows with a column of dates are split in time order, but '{name}' does not define "
            f"it: {wrong}. {hint}"
        )
    if len(found.bad):
        return None, [f"Rows are split at random, since {name} does not define an order: {wrong}"]
    first, last = (timestamps.stamp(time).removesuffix(" 00:00:00") for time in (found.times.min(), found.times.max()))
    line = f"Rows are split in the order of {name} ({first} to {last}): the model is tested on the latest rows."
    return name, [*no_series(study), f"{line} --ignore {name} splits at random"]


def _rank(dates: Dates) -> tuple[bool, bool]:
    """Return a sort key: columns of complete dates first, then those that are already in order."""
    steps = len(dates.times) - 1
    return bool(len(dates.bad)), len(dates.backward) not in (0, steps - len(dates.repeated))
