"""What the columns of a table are taken for, why, and what becomes of them, in words."""

from __future__ import annotations

import numpy as np

from dlpy.starter.mixed import Parts
from dlpy.starter.study import Study, gaps_of
from dlpy.starter.wording import Option, plural


def kinds_of(study: Study) -> dict[str, tuple[str, str]]:
    """Return what each column is taken for, and why."""
    others = study.others
    found = {name: ("number", _numbers(study, name)) for name in others.numeric}
    found |= {name: ("category", _categories(study, name)) for name in others.categories}
    found |= {name: ("date", f"such as '{study.file.texts(name)[0]}'") for name in others.dates}
    found |= {name: ("identifier", why) for name, why in others.ids.items()}
    found |= {name: (_unused(study, name), why + _incomplete(study, name)) for name, why in others.unused.items()}
    return {**found, study.target: _target(study)}


def becomes_of(study: Study, time: str | None, parts: Parts | None, target: list[Option]) -> dict[str, str]:
    """Return what becomes of each column that is used, in an experiment on rows.

    Args:
        study: the table.
        time: the column by which rows are sorted.
        parts: the inputs of a table with texts or images.
        target: the option with the target's transforms.
    """
    others, gaps = study.others, gaps_of(study)
    by_input = {} if parts is None else {column: name for name, column in {**parts.texts, **parts.images}.items()}
    found = {name: "input, standardized" + ", median if missing" * (name in gaps) for name in others.numeric}
    found |= {name: "input, one-hot" + ", most frequent if missing" * (name in gaps) for name in others.categories}
    found |= {name: f"input {own}" for name, own in by_input.items()}
    found |= dict.fromkeys(others.ids, "kept for predictions")
    found |= {time: "order of the rows"} if time else {}
    transforms = [one if isinstance(one, str) else one["name"] for option in target for one in option.value]
    return {**found, study.target: ", ".join(["target", *transforms])}


def _numbers(study: Study, name: str) -> str:
    return "every cell is a number" if not study.columns[name].missing else "every other cell is a number"


def _categories(study: Study, name: str) -> str:
    if name in study.choices.categorical:
        return "--categorical"
    cells = study.others.categories[name]
    return f"{plural(len({*cells} - {*study.markers}), 'text')} in {plural(len(cells), 'row')}"


def _incomplete(study: Study, name: str) -> str:
    """Return why a column of sentences is no input of its own, if cells are empty."""
    if name not in study.others.prose or not study.columns[name].missing:
        return ""
    return "; a text input needs one in every row"


def _unused(study: Study, name: str) -> str:
    column = study.columns[name]
    if len(column.missing) == len(study.file):
        return "nothing"
    return "number" if column.is_numeric else "text"


def _target(study: Study) -> tuple[str, str]:
    output, column = study.output, study.columns[study.target]
    if output.kind == "regression":
        return "number", f"numbers from {np.nanmin(column.values):g} to {np.nanmax(column.values):g}"
    what = "whole numbers" if column.is_numeric else "texts"
    return (
        f"{len(output.classes)} classes",
        f"{len(output.classes)} different {what} in {plural(len(study.file), 'row')}",
    )
