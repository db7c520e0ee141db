"""Generates an experiment file for a table of texts."""

from __future__ import annotations

from pathlib import Path

from dlpy.datasets.text_csv import TextCsv
from dlpy.starter.balance import balance_of
from dlpy.starter.blocks import SCALED_TARGET, TEXT_MODEL, Fit, first_file, values_of
from dlpy.starter.identifiers import is_constant
from dlpy.starter.kinds import kinds_of
from dlpy.starter.order import first_order
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.sample import counted_rows, memory_options, path_to_check, rows_in
from dlpy.starter.source import few_rows, held_out, source_notes, source_options
from dlpy.starter.study import Study, missing_lines
from dlpy.starter.wording import Item, Option, listed, plural


def experiment_for_texts(study: Study, output: Path) -> Draft:
    """Return an experiment that uses the column with the longest texts.

    Raises:
        DataError: training could not start.
    """
    column = text_column(study)
    order = first_order(study, lambda time: _dataset(study, _data(study, column, output, time)))
    time, data = order.time, _data(study, column, output, order.time)
    balance = balance_of(order.trial, study.output)
    seen = "words" if _has_words(study, column) else "letters"
    becomes = {column: f"input, as {seen}", study.target: "target"} | ({time: "order of the rows"} if time else {})
    becomes |= dict.fromkeys(study.others.ids, "kept for predictions")
    if study.output.kind == "regression":
        becomes[study.target] = "target, standardize"
    lines = overview(study, kinds_of(study) | {column: ("text", _why(study, column))}, becomes)
    name, rows = study.file.path.name, counted_rows(study.file)
    title = f"Predicts {study.target} from the texts in {column} of {name} ({rows})."
    notes = [title, *source_notes(study), *few_rows(study, time), *missing_lines(study), *order.notes, *balance.notes]
    fit = Fit(rows_in(study.file), balance.scores, balance.monitor)
    text = first_file([*notes, "", *as_comments(lines)], output, data, TEXT_MODEL, fit)
    return Draft(text, tuple(notes), tuple(lines))


def text_column(study: Study) -> str:
    """Return the column with the longest texts: of sentences, or, without these, of several words, or of any texts."""
    prose = study.others.prose or _several_words(study) or _complete(study)
    return max(prose, key=lambda name: sum(map(len, prose[name])))


def has_texts(study: Study) -> bool:
    """Return whether there is a column of texts, complete in every row."""
    return bool(study.others.prose or _complete(study))


def _complete(study: Study) -> dict[str, list[str]]:
    """Return the texts that are no categories and are there in every row, by column."""
    names = [name for name in study.others.unused if name not in (*study.choices.ignore, *study.file.index)]
    columns = [study.columns[name] for name in names]
    complete = [one.name for one in columns if not (one.is_numeric or one.missing or is_constant(study.file, one))]
    return {name: study.file.texts(name) for name in complete}


def _several_words(study: Study) -> dict[str, list[str]]:
    """Return those texts that share words, by column."""
    return {name: cells for name, cells in _complete(study).items() if _share_words(cells)}


def _share_words(cells: list[str]) -> bool:
    words = [word for cell in cells for word in cell.lower().split()]
    return len(words) > 1.5 * len(cells) and len(set(words)) < 0.8 * len(words)


def _why(study: Study, column: str) -> str:
    count = len(set(study.file.texts(column)))
    what = "sentences" if column in study.others.prose else "several words" if _has_words(study, column) else "names"
    return f"{what}: {plural(count, 'different text')}"


def _has_words(study: Study, column: str) -> bool:
    """Return whether different texts of a column share words; names only share letters."""
    return column in study.others.prose or _share_words(study.file.texts(column))


def _dataset(study: Study, data: list[Option]) -> TextCsv:
    """Return the dataset without its transforms, which a trial does not need."""
    values = {key: value for key, value in values_of(data).items() if key != "transforms"}
    return TextCsv.model_validate({**values, "path": path_to_check(study.file)})


def _data(study: Study, column: str, output: Path, time: str | None) -> list[Option]:
    others = [name for name in study.file.names if name not in (column, study.target)]
    path, *source = source_options(study, output)
    words = Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words")
    letters = {"name": "tokenize", "by": "character", "ngrams": 3, "vocabulary": 10_000}
    tokens = words if _has_words(study, column) else Item(letters, "names share no words: letters, pairs and triples")
    transforms = [tokens, Item("multi_hot", "which of them occur, regardless of order")]
    return [
        Option("name", "text_csv"),
        path,
        Option("text", column, f"of {plural(len(others), 'other column')}: {listed(others)}" if others else ""),
        *source,
        *memory_options(study.file),
        *([SCALED_TARGET] if study.output.kind == "regression" else []),
        *([Option("keep", [*study.others.ids], "written beside predictions")] if study.others.ids else []),
        *([Option("time", time, "rows are sorted by it")] if time else []),
        Option("transforms", transforms),
        *held_out(study, time),
    ]
