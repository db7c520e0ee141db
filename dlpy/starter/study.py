"""Analysis of a table for `dlpy new`: target, other columns, missing cells, and the order of rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dlpy.core.errors import ConfigError, DataError, did_you_mean, reading
from dlpy.data.tables import column_types, csv_file, missing_cells, timestamps
from dlpy.data.tables.column_types import Column
from dlpy.data.tables.csv_file import CsvFile
from dlpy.data.tables.dates import Dates
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.tables.targets import Wanted, target_of
from dlpy.data.task import Output
from dlpy.starter.columns import Choices, Columns, dates_in, is_numeric, look
from dlpy.starter.formats import in_formats
from dlpy.starter.series import LEAST_ROWS, by_hand, trouble
from dlpy.starter.wording import listed

_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Study:
    """A table with its target and its other columns.

    markers: texts that mark a missing cell. kept: those of them that are classes of the target instead.
    given: whether the target was named on the command line.
    """

    file: CsvFile
    columns: dict[str, Column]
    target: str
    output: Output
    others: Columns
    choices: Choices
    kept: tuple[str, ...]
    given: bool

    @property
    def markers(self) -> tuple[str, ...]:
        """The texts that mark a missing cell in this table."""
        return self.columns[self.target].markers


def study(path: Path, target: str | None, choices: Choices) -> Study:
    """Return the analysis of a CSV file.

    Raises:
        ConfigError: there is no such column.
        DataError: the file cannot be read, a column is numeric with exceptions, or the target is not usable.
    """
    file = csv_file.read(path, delimiter_of(path))
    if target is not None and target not in file.names:
        raise ConfigError(f"--target: {path} has no column '{target}'.{did_you_mean(target, file.names)}")
    choices.check(file.names, path)
    markers = tuple(dict.fromkeys((*MISSING, *choices.missing)))
    texts = {*choices.categorical, *choices.ignore}
    columns = in_formats(file, column_types.columns_of(file, markers), texts)
    name = target or _last_column(file, columns, choices)
    kept = _classes_kept(file, columns[name], choices)
    if kept:
        left = [marker for marker in markers if marker not in kept]
        columns = in_formats(file, column_types.columns_of(file, left), texts)
    chosen = "binary" if len(set(file.texts(name))) == 2 else "multiclass"
    found = target_of(file, columns[name], Wanted(chosen if name in choices.categorical else None))[1]
    others = look(file, columns, [column for column in file.names if column != name], choices)
    return Study(file, columns, name, found, others, choices, kept, target is not None)


def _classes_kept(file: CsvFile, column: Column, choices: Choices) -> tuple[str, ...]:
    """Return the missing-cell texts that are classes of a text target instead.

    Raises:
        ConfigError: the target is ignored.
        DataError: the target holds dates, or is numeric with exceptions.
    """
    if column.name in choices.ignore:
        raise ConfigError(f"--ignore: '{column.name}' is the target; choose another with --target.")
    if not column.is_numeric and dates_in(file, column) is not None:
        raise DataError(f"{file.path}: the target '{column.name}' holds dates: choose another with --target.")
    if column.name not in choices.categorical and is_numeric(file, column, "--target names another column"):
        return ()
    cells = file.texts(column.name)
    return tuple(dict.fromkeys(cells[row] for row in column.missing if cells[row] and cells[row] in MISSING))


def _last_column(file: CsvFile, columns: dict[str, Column], choices: Choices) -> str:
    """Return the last column that can be a target, that is, holds neither sentences nor dates."""
    for name in reversed(file.names):
        column = columns[name]
        if name in choices.ignore:
            continue
        if column.is_numeric or not (column_types.is_prose(file.texts(name)) or dates_in(file, column)):
            return name
    return file.names[-1]


def delimiter_of(path: Path) -> str:
    """Return the usual delimiter that occurs most often in the first line."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with reading(path):
        if path.is_dir():
            return ","  # the reader says what is wrong
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            first = lines.readline(_LONGEST_HEADER)
    return max(",;\t|", key=first.count)


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


def order_of(study: Study) -> tuple[str | None, list[str]]:
    """Return the column of dates to split the rows by, if any, and comments that explain it."""
    dates = study.others.dates
    if not dates:
        return None, []
    name = min(dates, key=lambda name: _rank(dates[name]))
    found = dates[name]
    if len(found.bad) or found.doubtful:
        hint = f"Correct it, or split the rows at random with --ignore {name}."
        raise DataError(
            f"{study.file.path}: rows with a column of dates are split in time order, but '{name}' does not define "
            f"it: {trouble(study.file, name, found)}. {hint}"
        )
    first, last = (timestamps.stamp(time).removesuffix(" 00:00:00") for time in (found.times.min(), found.times.max()))
    line = f"Rows are split in the order of {name} ({first} to {last}): the model is tested on the latest rows."
    return name, [*no_series(study), f"{line} --ignore {name} splits at random"]


def _rank(dates: Dates) -> tuple[bool, bool]:
    """Return a sort key: columns of complete dates first, then those that are already in order."""
    steps = len(dates.times) - 1
    return bool(len(dates.bad)), len(dates.backward) not in (0, steps - len(dates.repeated))


def unused_dates(study: Study) -> dict[str, str]:
    """Return the reason why each column of dates is not used."""
    cells = {name: study.file.texts(name) for name in study.others.dates}
    return {name: f"dates, such as '{texts[0]}', are not used as input" for name, texts in cells.items()}


def missing_lines(study: Study) -> list[str]:
    """Return comments on the texts that were treated as missing cells, and on those that were not."""
    lines = [
        f"Treated as missing in {name}: {listed([f'{_shown(text)} ({count:,})' for text, count in texts.items()])}"
        for name, texts in gaps_of(study).items()
    ]
    cells = study.file.texts(study.target) if study.kept else []
    kept = [f"'{text}' ({cells.count(text):,})" for text in study.kept]
    if kept:
        lines.append(f"Treated as a class of {study.target}, not as missing: {listed(kept)}; see missing_values")
    taken = {text for texts in gaps_of(study).values() for text in texts if text in study.markers} - {""}
    if taken:
        rest = missing_cells.as_list([marker for marker in study.markers if marker not in taken])
        named = listed([f"'{text}'" for text in study.markers if text in taken])
        lines.append(f"If {named} should be a value, add to data: missing_values: {rest}")
    return lines


def _shown(text: str) -> str:
    """Return a cell's text in quotes, or "empty cells"."""
    return f"'{text}'" if text else "empty cells"


def gaps_of(study: Study) -> dict[str, Counter[str]]:
    """Return how often each text occurs in the missing cells of the columns that are used."""
    names = (*study.others.numeric, *study.others.categories)
    return missing_cells.counted(study.file, {name: study.columns[name].missing for name in names})
