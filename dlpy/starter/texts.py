"""Generates an experiment file for a table of texts."""

from __future__ import annotations

from pathlib import Path

from dlpy.datasets.text_csv import TextCsv
from dlpy.starter.balance import balance_of
from dlpy.starter.blocks import TEXT_MODEL, Fit, first_file, values_of
from dlpy.starter.kinds import kinds_of
from dlpy.starter.order import first_order
from dlpy.starter.overview import Draft, as_comments, overview
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
    becomes = {column: "input, as words", study.target: "target"} | ({time: "order of the rows"} if time else {})
    becomes |= dict.fromkeys(study.others.ids, "kept for predictions")
    if study.output.kind == "regression":
        becomes[study.target] = "target, standardize"
    lines = overview(study, kinds_of(study) | {column: ("text", _why(study, column))}, becomes)
    name, rows = study.file.path.name, plural(len(study.file), "row")
    title = f"Predicts {study.target} from the texts in {column} of {name} ({rows})."
    notes = [title, *source_notes(study), *few_rows(study, time), *missing_lines(study), *order.notes, *balance.notes]
    fit = Fit(len(study.file), balance.scores, balance.monitor)
    text = first_file([*notes, "", *as_comments(lines)], output, data, TEXT_MODEL, fit)
    return Draft(text, tuple(notes), tuple(lines))


def text_column(study: Study) -> str:
    """Return the column with the longest texts: of sentences, or, without these, of several words."""
    prose = study.others.prose or _several_words(study)
    return max(prose, key=lambda name: sum(map(len, prose[name])))


def has_texts(study: Study) -> bool:
    """Return whether there is a column of sentences or of several words, complete in every row."""
    return bool(study.others.prose or _several_words(study))


def _several_words(study: Study) -> dict[str, list[str]]:
    """Return the texts that are no categories but share words, by column."""
    found = {}
    for name in study.others.unused:
        if study.columns[name].is_numeric or study.columns[name].missing or name in study.choices.ignore:
            continue
        cells = study.file.texts(name)
        words = [word for cell in cells for word in cell.lower().split()]
        if len(words) > 1.5 * len(cells) and len(set(words)) < 0.8 * len(words):
            found[name] = cells
    return found


def _why(study: Study, column: str) -> str:
    count = len(set(study.file.texts(column)))
    return f"{'sentences' if column in study.others.prose else 'several words'}: {plural(count, 'different text')}"


def _dataset(study: Study, data: list[Option]) -> TextCsv:
    """Return the dataset without its transforms, which a trial does not need."""
    values = {key: value for key, value in values_of(data).items() if key != "transforms"}
    return TextCsv.model_validate({**values, "path": str(study.file.path)})


def _data(study: Study, column: str, output: Path, time: str | None) -> list[Option]:
    others = [name for name in study.file.names if name not in (column, study.target)]
    path, *source = source_options(study, output)
    transforms = [
        Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
        Item("multi_hot", "which words occur, regardless of order"),
    ]
    scaled = Option("target_transforms", ["standardize"], "scores are in the target's own unit")
    return [
        Option("name", "text_csv"),
        path,
        Option("text", column, f"of {plural(len(others), 'other column')}: {listed(others)}" if others else ""),
        *source,
        *([scaled] if study.output.kind == "regression" else []),
        *([Option("keep", [*study.others.ids], "written beside predictions")] if study.others.ids else []),
        *([Option("time", time, "rows are sorted by it")] if time else []),
        Option("transforms", transforms),
        *held_out(study, time),
    ]
