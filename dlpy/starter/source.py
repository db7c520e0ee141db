"""Options shared by all generated experiments on a table: its file, its target, the rows in use and those held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.data.tables.column_types import Column
from dlpy.data.tables.missing_cells import MISSING
from dlpy.data.task import Output
from dlpy.starter.blocks import HELD_OUT
from dlpy.starter.sample import rows_in, sample_notes
from dlpy.starter.study import Study
from dlpy.starter.wording import Option, listed, plural, relative

_SHARE = 0.15
_MANY_ROWS, _SHARE_OF_MANY = 1_000, 0.1  # a tenth is enough to score by, and leaves more to learn from
_LATEST = {"fraction": _SHARE, "take": "last"}
_FEW_ROWS = 20
_FEW_SHARES = {3: 0.34, 2: 0.5}
_SHARE_OF_FEW = 0.25
_LITTLE_SAID = 100  # rows


def source_options(study: Study, output: Path) -> list[Option]:
    """Return the options that name the file and the target, the path first."""
    file, target = study.file, study.about
    last = "the last column; " * (target.name == file.names[-1])
    why = f"{target.why}; " if target.why else last
    which = "" if target.given else f"{why}change it to predict another"
    markers = list(study.markers)
    note = (
        f"without {listed([repr(text) for text in target.kept])}, which is a class"
        if target.kept
        else "texts that mark a missing cell"
    )
    dropped = f"{plural(target.lacking, 'row')} without a target"
    return [
        Option("path", relative(file.path, output)),
        Option("target", target.name, which),
        Option("task", target.output.kind, about_target(target.output, study.columns[target.name])),
        *([Option("missing_target", "drop", dropped)] if target.lacking else []),
        *form_options(study),
        *([Option("missing_values", markers, note)] if tuple(markers) != MISSING else []),
    ]


def form_options(study: Study) -> list[Option]:
    """Return the options that say how the file is written, where it is not UTF-8 text with commas."""
    return [Option(key, value) for key, value in study.file.format.stated().items()]


def source_notes(study: Study) -> list[str]:
    """Return notes on the form of the file, and on the choice of the target and of the rows."""
    target, notes = study.about, [*sample_notes(study.file), *study.file.notes]
    if target.why:
        notes.append(f"The target is {target.name}: {target.why}. --target names another")
    if target.lacking:
        notes.append(f"{plural(target.lacking, 'row')} without {target.name}: dropped")
    return notes


def held_out(study: Study, time: str | None) -> list[Option]:
    """Return the options that hold out the validation and test rows: the latest ones of rows in time order."""
    rows = rows_in(study.file)
    share = _SHARE if rows >= _FEW_ROWS else _FEW_SHARES.get(rows, _SHARE_OF_FEW)
    share = _SHARE_OF_MANY if rows >= _MANY_ROWS else share
    if time is None:
        return [Option(option.key, share, option.note) for option in HELD_OUT]
    latest = {**_LATEST, "fraction": share}
    return [
        Option("test", latest, "the latest rows, held out for dlpy evaluate"),
        Option("validation", latest, "the rows before these, monitored during training"),
    ]


def few_rows(study: Study, time: str | None) -> list[str]:
    """Return a note if the held-out rows are too few for a score to say much."""
    rows = rows_in(study.file)
    if rows >= _LITTLE_SAID:
        return []
    kfold = "" if time else ", and dlpy kfold scores every row"
    return [f"With {plural(rows, 'row')}, the scores of the held-out ones are rough{kfold}"]


def about_target(found: Output, column: Column | None) -> str:
    """Return a comment with the range of a numeric target, or with the classes."""
    if found.kind == "regression":
        return "" if column is None else f"numbers from {np.nanmin(column.values):g} to {np.nanmax(column.values):g}"
    return f"{len(found.classes)} classes: {listed(list(found.classes))}"
