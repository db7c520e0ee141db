"""Generates an experiment file for a table of rows, texts or a series, with comments on what was found."""

from __future__ import annotations

from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.tables import column_types, csv_file
from dlpy.data.tables.csv_file import CsvFile
from dlpy.starter.columns import Choices, told
from dlpy.starter.forecasts import forecast_of, forecast_of_target_alone
from dlpy.starter.order import no_series
from dlpy.starter.overview import Draft
from dlpy.starter.preparation import preparation_of
from dlpy.starter.remembered import remembered
from dlpy.starter.rows import experiment_for_rows
from dlpy.starter.sample import head_of_large, is_in_pieces, sampled
from dlpy.starter.study import Study, study
from dlpy.starter.text_pairs import experiment_for_pairs, experiment_for_translation
from dlpy.starter.texts import experiment_for_texts, has_texts
from dlpy.starter.whole_series import series_of


def experiment_for_table(path: Path, target: str | None, output: Path, choices: Choices) -> Draft:
    """Return an experiment file, to be written to `output`, that predicts a column of a CSV file.

    Raises:
        ConfigError: there is no such column.
        DataError: the file cannot be read, has no usable columns, or a column is numeric with exceptions.
    """
    head = head_of_large(path)
    if head is not None:
        with sampled(path, head, places=0) as file:
            is_whole = not file.in_pieces and _is_of_series(file, target, output, choices)
        if not is_whole:
            with sampled(path, head) as file:
                return _draft(remembered(file), target, output, choices)
    return _draft(remembered(csv_file.read(path)), target, output, choices)


def _is_of_series(file: CsvFile, target: str | None, output: Path, choices: Choices) -> bool:
    """Return whether the first rows of a table are whole series, of which no rows are left out."""
    return series_of(study(file, target, choices), output) is not None


def _draft(file: CsvFile, target: str | None, output: Path, choices: Choices) -> Draft:
    if is_in_pieces(file):
        return _in_pieces(file, target, output, choices)
    translation = experiment_for_translation(file, target, output, choices)
    if translation is not None:
        return translation
    found = study(file, target, choices)
    series = series_of(found, output)
    if series is not None:
        return series
    forecast = forecast_of(found, output)
    if forecast is not None:
        return forecast
    pairs = experiment_for_pairs(found, output)
    if pairs is not None:
        return pairs
    independent = _of_independent_rows(found, output)
    if independent is not None:
        return independent
    alone = forecast_of_target_alone(found, output)
    if alone is None:
        raise DataError(_nothing(found))
    return alone


def _in_pieces(file: CsvFile, target: str | None, output: Path, choices: Choices) -> Draft:
    """Return an experiment for a table that is too large for the memory: columns and texts are read in pieces.

    Raises:
        DataError: there are no numbers, categories, dates or texts.
    """
    found = study(file, target, choices)
    forecast = forecast_of(found, output)
    if forecast is not None:
        return forecast
    independent = _of_independent_rows(found, output)
    if independent is not None:
        return independent
    needs = "such a table can only be read as a whole. Use a part of the rows."
    raise DataError(f"{_nothing(found)} It is too large for the memory, and {needs}")


def _of_independent_rows(found: Study, output: Path) -> Draft | None:
    """Return an experiment for columns or texts, whichever a table consists of; None if there are neither."""
    if not _is_of_texts(found) and _has_columns(found):
        return experiment_for_rows(found, output)
    return experiment_for_texts(found, output) if has_texts(found) else None


def _is_of_texts(study: Study) -> bool:
    """Return whether a table has sentences, and nothing else but counts of the rows."""
    others = study.others
    counting = all(column_types.counts_rows(study.columns[name]) for name in others.numeric)
    return bool(others.prose) and not others.categories and counting


def _has_columns(study: Study) -> bool:
    """Return whether a table has numbers, categories or dates."""
    return bool(study.others.numeric or study.others.categories or preparation_of(study, in_time=False).dates)


def _nothing(study: Study) -> str:
    """Return why no column other than the target can be used."""
    others, path = study.others, study.file.path
    reasons = [*told({**others.ids, **others.unused}), *no_series(study)]
    if not others.dates:
        reasons.insert(0, f"{path} has only names besides '{study.target}': no numbers, no categories, no sentences.")
    else:
        reasons.insert(0, f"{path} has no numbers, categories or sentences besides '{study.target}'.")
    return " ".join(reason if reason.endswith(".") else f"{reason}." for reason in reasons)
