"""Generates experiment files for tables of pairs of texts: to translate, or to tell whether they mean the same."""

from __future__ import annotations

import re
from pathlib import Path

from dlpy.data.tables import column_types
from dlpy.data.tables.csv_file import CsvFile
from dlpy.starter.columns import Choices
from dlpy.starter.kinds import kinds_of
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.sample import counted_rows, rows_in
from dlpy.starter.source import few_rows, held_out, source_notes, source_options
from dlpy.starter.study import Study, missing_lines
from dlpy.starter.wording import Item, Option, experiment_file, relative

_SIDES = re.compile(r"(?P<stem>.*?)[ _.-]?(?P<side>[12ab]|left|right|first|second)", re.IGNORECASE)
_MOST_TOKENS = 100
_RATE = {"name": "adam", "learning_rate": 0.003}
_FEW_ROWS = 10_000
_LEAST_ROWS = 10  # fewer texts say nothing of what they are
_WATCH = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 5})]


def experiment_for_translation(file: CsvFile, target: str | None, output: Path, choices: Choices) -> Draft | None:
    """Return an experiment that writes one column of texts from another; None unless the table has just these two.

    Raises:
        ConfigError: the command line names a column that the table lacks.
    """
    choices.check(file.names, file.path)
    names = [name for name in file.names if name not in choices.ignore]
    if target is not None and target not in names:
        return None  # the analysis of the table says so
    if len(names) != 2 or len(file) < _LEAST_ROWS or choices.categorical or not all(_is_text(file, n) for n in names):
        return None
    written = target or names[1]
    (source,) = (name for name in names if name != written)
    data = [
        Option("name", "text_csv"),
        Option("path", relative(file.path, output)),
        *[Option(key, value) for key, value in file.format.stated().items()],
        Option("text", source, "the texts that are read"),
        Option("target", written, "the texts that are written; change both to write the other way"),
        Option("task", "text"),
        *(Option(f"{side}_tokens", _tokens(file, name)) for side, name in (("source", source), ("target", written))),
        Option("test", 0.1, "held out for dlpy evaluate"),
        Option("validation", 0.1, "monitored during training"),
    ]
    model = [
        Option("name", "seq2seq", "a GRU reads, and another with attention writes"),
        Option("units", 128),
        Option("dropout", 0.2),
    ]
    title = f"Writes {written} from {source}, text by text: {file.path.name}, {counted_rows(file)}."
    notes = [title, *file.notes]
    training = _training(rows_in(file), {**_RATE, "global_clipnorm": 1})
    blocks = {"data": data, "model": model, "training": training, "callbacks": _WATCH}
    return Draft(
        experiment_file([*notes, "", '  dlpy generate latest --source "TEXT"', ""], output, blocks), tuple(notes)
    )


def experiment_for_pairs(study: Study, output: Path) -> Draft | None:
    """Return an experiment that tells whether two texts belong together; None unless the table has just such pairs."""
    pair = _pair(study)
    if pair is None:
        return None
    left, right = pair
    first = {"text": left, "transforms": ["tokenize", {"name": "pad", "length": _length(study.file, pair)}]}
    inputs = [
        Option("left", first),
        Option("right", {"text": right, "like": "left"}, "the same vocabulary and length"),
    ]
    path, *source = source_options(study, output)
    data = [
        Option("name", "csv"),
        path,
        *source,
        Option("inputs", inputs),
        *([Option("keep", [*study.others.ids], "written beside predictions")] if study.others.ids else []),
        *held_out(study, None),
    ]
    model = [
        Option("name", "siamese", "one encoder reads both texts"),
        Option("encoder", {"family": "rnn", "units": 32, "bidirectional": True, "embedding": 32}),
        Option("head", [32], "on how far the codes are apart"),
    ]
    rows = counted_rows(study.file)
    title = f"Predicts {study.target} from the pairs of texts in {left} and {right} of {study.file.path.name} ({rows})."
    becomes = {left: "input left, as words", right: "input right, as words", study.target: "target"}
    becomes |= dict.fromkeys(study.others.ids, "kept for predictions")
    lines = overview(study, kinds_of(study), becomes)
    notes = [title, *source_notes(study), *few_rows(study, None), *missing_lines(study)]
    blocks = {"data": data, "model": model, "training": _training(rows_in(study.file), _RATE), "callbacks": _WATCH}
    text = experiment_file([*notes, "", *as_comments(lines)], output, blocks)
    return Draft(text, tuple(notes), tuple(lines))


def _is_text(file: CsvFile, name: str) -> bool:
    """Return whether a column holds sentences, or texts of several words that share these; none may be empty."""
    cells = file.texts(name)
    words = [word for cell in cells for word in cell.lower().split()]
    shares = len(words) > 1.5 * len(cells) and len(set(words)) < 0.8 * len(words) and len(set(cells)) > len(cells) / 2
    return all(cell.strip() for cell in cells) and (shares or column_types.is_prose(cells))


def _tokens(file: CsvFile, name: str) -> dict[str, object]:
    """Return how a column is split into tokens: words that recur, or characters."""
    words = [word for cell in file.texts(name) for word in cell.lower().split()]
    recur = len(words) > 3 * len(set(words))
    return {"by": "word", "lower": True, "vocabulary": 10_000} if recur else {"by": "character"}


def _training(rows: int, optimizer: dict[str, object]) -> list[Option]:
    few = rows < _FEW_ROWS
    return [
        Option("optimizer", optimizer),
        Option("epochs", 40 if few else 20, "at most: early stopping ends training"),
        Option("batch_size", 32 if few else 128),
    ]


def _pair(study: Study) -> tuple[str, str] | None:
    """Return the columns of a pair of texts, named alike, if the target has two classes and there are no other inputs.

    Such names are question1 and question2, sentence_a and sentence_b, or left and right.
    """
    others, names = study.others, [name for name in study.file.names if name in study.others.prose]
    numbers = [name for name in others.numeric if not column_types.counts_rows(study.columns[name])]
    alone = not (numbers or others.categories or others.dates)
    if len(names) != 2 or not alone or study.output.kind != "binary":
        return None
    found = [_SIDES.fullmatch(name) for name in names]
    if not all(found) or len({each["stem"].lower() for each in found if each}) > 1:
        return None
    return names[0], names[1]


def _length(file: CsvFile, pair: tuple[str, str]) -> int:
    """Return the number of words that nearly all texts have at most."""
    lengths = sorted(len(cell.split()) for name in pair for cell in file.texts(name))
    return max(5, min(_MOST_TOKENS, lengths[int(0.98 * (len(lengths) - 1))]))
